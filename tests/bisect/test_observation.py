"""Observations, and the log that keeps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.bisect.observation import (
    LONGEST_WORDS,
    Observation,
    log_line,
    observation_from,
    read_log,
)
from harness.util.errors import Fault
from tests import recorded
from tests.bisect.observations import (
    PASS,
    SILENT,
    observation,
    point,
    provisional_timeout,
)

PAIR = point(6).pair
VALUE = observation(PAIR, "ValueError", "node 1234", [["__main__", "f", 3]])


def test_a_log_is_read_back_without_the_lines_about_itself(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    silent = Observation(PAIR, reason="install-error: x", commit="abc")
    value = replace(VALUE, installed=("a==1",))
    hasty = provisional_timeout(PAIR)
    path.write_text('{"asked": []}\n' + log_line(value) + log_line(silent) + log_line(hasty))
    assert read_log(path) == [value, silent, hasty]


@pytest.mark.parametrize("damage", [b"\xff", b'{"pair": "x"}', log_line(VALUE)[:-9].encode()])
def test_a_damaged_log_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(damage)
    with pytest.raises(Fault, match=r"log\.jsonl, line"):
        read_log(path)


def test_the_words_are_one_short_line() -> None:
    assert observation(PAIR, PASS).words == "pass"
    assert provisional_timeout(PAIR).words == "timeout (provisional: no end within 5 s)"
    assert observation(PAIR, SILENT).words == "no result: install-error: offline"
    words = observation(PAIR, "KeyError", "a\nb " * 100).words
    assert words.startswith("load-error KeyError: a b a b")
    assert len(words) == LONGEST_WORDS and "\n" not in words


def test_the_packages_of_an_environment_include_its_python() -> None:
    seen = replace(VALUE, installed=("keras==3.6.0", "numpy==1.26.4"))
    assert seen.packages == {"keras": "3.6.0", "numpy": "1.26.4", "python": "3.11"}


def test_a_recorded_cell_and_a_recorded_pair_without_cells() -> None:
    result = recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")
    seen = observation_from(result, "interleaved_dense", "keras")
    assert seen.signature and seen.signature.label == "load-error ValueError"
    assert seen.packages["keras"] == "3.6.0" and seen.frames
    result.outcome, result.reason = "import-error", "no module"
    assert observation_from(result, "interleaved_dense", "keras").words == (
        "no result: import-error: no module"
    )  # fmt: skip
