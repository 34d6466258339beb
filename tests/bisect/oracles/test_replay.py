"""A log answers in the place of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.bisect.observation import Observation, log_line
from harness.bisect.oracles.oracle import NotRun
from harness.bisect.oracles.replay import ReplayOracle
from harness.bisect.transplant.overlay import Overlay
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results.model import Cell
from harness.util.errors import UsageError
from tests import recorded

OLD = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
NEW = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.11")


def request() -> Request:
    (case,) = (case for case in recorded.cases() if case.name == "interleaved_dense")
    return Request([case], ["keras"], 60.0)


def seen(pair: Pair, seconds: float, limit: float = 0.0, *, provisional: bool = False) -> str:
    """A line of a log: a pass, or where there is a limit, a timeout."""
    digest = request().cases[0].digest
    outcome = "timeout" if limit else "pass"
    cell = Cell("interleaved_dense", "keras", outcome, digest, seconds, limit)
    return log_line(Observation(pair, cell, provisional=provisional))


def test_a_log_answers_for_its_pairs_and_commits_alone(tmp_path: Path) -> None:
    cell = recorded.result(OLD.id).cells["interleaved_dense", "keras"]
    log = tmp_path / "log.jsonl"
    release, commit = Observation(OLD, cell), Observation(NEW, reason="x", commit="abc")
    log.write_text(log_line(release) + log_line(commit))
    oracle = ReplayOracle(log, request())
    assert (oracle.known(OLD), oracle.known(NEW)) == (release, None)
    assert oracle.at_commit(NEW, "abc", tmp_path) == commit
    with pytest.raises(NotRun, match=r"log\.jsonl holds no result of keras-3\.7\.0"):
        oracle.ask([NEW])
    with pytest.raises(NotRun, match="holds no result of commit abd"):
        oracle.at_commit(NEW, "abd", tmp_path)


def test_the_log_of_another_case_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    cell = recorded.result(OLD.id).cells["dense_twice", "keras"]
    log.write_text(log_line(Observation(OLD, cell)))
    with pytest.raises(UsageError, match=r"belongs to dense_twice \(keras\)"):
        ReplayOracle(log, request())


def test_a_log_tells_what_is_provisional_and_confirms_nothing_new(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        seen(OLD, 10, 10, provisional=True) + seen(NEW, 10, 10, provisional=True)
        + seen(NEW, 60, 60)
    )  # fmt: skip
    oracle = ReplayOracle(log, request())
    known = [oracle.known(pair) for pair in (OLD, NEW)]
    assert [one and one.provisional for one in known] == [True, False]
    with pytest.raises(NotRun, match=r"holds no result of keras-3\.6\.0"):
        oracle.confirm([OLD])


def test_a_log_forgets_provisional_timeouts_where_the_bisection_did(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        seen(OLD, 10, 10, provisional=True) + seen(NEW, 10, 10, provisional=True) + seen(NEW, 30)
    )
    oracle = ReplayOracle(log, request())
    known = oracle.known(NEW)
    assert oracle.known(OLD) is None
    assert known and known.cell and known.cell.outcome == "pass"


def test_a_log_answers_for_its_transplants(tmp_path: Path) -> None:
    cell = recorded.result(OLD.id).cells["interleaved_dense", "keras"]
    log, overlay = tmp_path / "log.jsonl", Overlay(tmp_path, "keras")
    log.write_text(log_line(Observation(OLD, cell)))
    with pytest.raises(NotRun, match="holds no result of the transplant"):
        ReplayOracle(log, request()).with_overlay(NEW, overlay, 1.0)
    transplant = Observation(NEW, cell, overlay=overlay.digest, executed=("keras/a.py:3",))
    with log.open("a") as file:
        file.write(log_line(transplant))
    oracle = ReplayOracle(log, request())
    assert oracle.with_overlay(NEW, overlay, 1.0) == transplant
    assert oracle.known(NEW) is None
