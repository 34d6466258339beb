"""What is kept of commits, and what a killed writer leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bisect.observation import Observation
from harness.bisect.oracles.commit_log import CommitLog
from harness.releases.pair import Pair
from harness.util.errors import Fault

PAIR = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.11")


def at(commit: str) -> Observation:
    return Observation(PAIR, reason="import-error: x", commit=commit)


@pytest.fixture
def log(tmp_path: Path) -> CommitLog:
    return CommitLog(tmp_path / "commits" / "case.keras.jsonl")


def test_there_is_nothing_before_the_first_commit(log: CommitLog) -> None:
    assert log.read() == []


def test_commits_are_read_in_the_order_in_which_they_were_kept(log: CommitLog) -> None:
    log.append(at("a"))
    log.append(at("b"))
    assert log.read() == [at("a"), at("b")]


def test_a_line_that_was_cut_short_costs_only_itself(log: CommitLog) -> None:
    log.append(at("a"))
    log.append(at("b"))
    log.path.write_bytes(log.path.read_bytes()[:-9])
    assert log.read() == [at("a")]
    log.append(at("c"))
    assert log.read() == [at("a"), at("c")]


def test_a_first_line_that_was_cut_short_leaves_nothing(log: CommitLog) -> None:
    log.append(at("a"))
    log.path.write_bytes(log.path.read_bytes()[:9])
    assert log.read() == []
    log.append(at("b"))
    assert log.read() == [at("b")]


def test_another_line_that_is_wrong_is_a_fault(log: CommitLog) -> None:
    log.append(at("a"))
    log.path.write_text("{}x\n" + log.path.read_text())
    with pytest.raises(Fault, match=r"case\.keras\.jsonl, line 1: not a line of a log"):
        log.read()
