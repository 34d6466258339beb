"""Sessions: their events, their reports, and what an interrupt does. Nox is a stand-in."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from harness.execution import sessions
from harness.execution.events import (
    BadCase,
    Done,
    SessionEvent,
    Stage,
    Unknown,
    encode_session_event,
)
from harness.execution.request import Request
from harness.execution.sessions import SessionReport, run_on, run_session, run_sessions
from harness.releases.pair import Pair
from harness.util.processes import child_process

PAIRS = [Pair.parse(f"keras-{keras}_tensorflow-2.18.0_py3.11") for keras in ("3.6.0", "3.7.0")]
OTHER_TENSORFLOW = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")


class FakeNox:
    """Takes the place of `child_process`: prints lines, logs lines and ends with a code."""

    def __init__(self, *lines: str, log: str = "", code: int = 0) -> None:
        self.commands: list[list[str]] = []
        self.env: Mapping[str, str] = {}
        self.stdout = io.StringIO()
        self._lines, self._log, self._code = lines, log, code

    @contextmanager
    def __call__(
        self, command: Sequence[str], *, env: Mapping[str, str], stderr: IO[str]
    ) -> Iterator[FakeNox]:
        self.commands.append(list(command))
        self.env = env
        self.stdout = io.StringIO("".join(f"{line}\n" for line in self._lines))
        stderr.write(self._log)
        stderr.flush()
        yield self

    def wait(self) -> int:
        return self._code


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sessions, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(sessions, "run_folder", lambda: tmp_path / "run")


def run(nox: FakeNox, monkeypatch: pytest.MonkeyPatch) -> tuple[SessionReport, list[SessionEvent]]:
    monkeypatch.setattr(sessions, "child_process", nox)
    events: list[SessionEvent] = []
    report = run_session(PAIRS[0], ["--case=one"], lambda _, event: events.append(event))
    return report, events


def test_a_session_is_run_as_by_hand_and_its_events_are_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad_case = BadCase("one.py:1: no builder")
    lines = [encode_session_event(event) for event in (Stage("running", 1, 2), bad_case)]
    nox = FakeNox("nox > Running session", *lines, "{}")
    report, events = run(nox, monkeypatch)
    assert report == SessionReport(PAIRS[0], 0, "", ("one.py:1: no builder",))
    assert events == [Stage("waiting"), Stage("running", 1, 2), bad_case, Done(0)]
    assert nox.commands[0][-4:] == ["--session", f"pair({PAIRS[0].id})", "--", "--case=one"]
    assert nox.env[sessions.EVENTS_VARIABLE] == "1"


def test_the_reason_of_a_failure_is_what_the_session_said_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [encode_session_event(Unknown(reason)) for reason in ("first", "second")]
    report, _ = run(FakeNox(*lines, log="a traceback\n", code=1), monkeypatch)
    assert report == SessionReport(PAIRS[0], 1, "second")


def test_wrong_case_files_are_the_reason_of_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [encode_session_event(BadCase(f"{name}.py: no builder")) for name in ("one", "two")]
    report, _ = run(FakeNox(*lines, log="nox > Session aborted\n", code=1), monkeypatch)
    assert report.reason == "2 cells not known, as case files are wrong"


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("Traceback:\nOSError: no space\n\n", "OSError: no space"),
        ("", "the session ended without a message"),
    ],
)
def test_a_failure_without_a_reason_has_the_last_line_of_the_log(
    monkeypatch: pytest.MonkeyPatch, log: str, reason: str
) -> None:
    report, events = run(FakeNox(log=log, code=1), monkeypatch)
    assert report == SessionReport(PAIRS[0], 1, reason)
    assert events[-1] == Done(1)


Begun = list[tuple[Pair, Sequence[str]]]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Begun:
    """The pairs and arguments of the sessions that were begun; each ends at once."""
    sessions_begun: Begun = []

    def session(pair: Pair, arguments: Sequence[str], on_event: object) -> SessionReport:
        sessions_begun.append((pair, arguments))
        return SessionReport(pair, 0)

    monkeypatch.setattr(sessions, "run_session", session)
    return sessions_begun


def test_the_newest_pairs_come_first(begun: Begun) -> None:
    pairs = [PAIRS[0], OTHER_TENSORFLOW, PAIRS[1]]
    reports = run_sessions(pairs, Request([], [], 60), lambda *_: None, workers=1)
    assert [pair for pair, _ in begun] == [PAIRS[1], PAIRS[0], OTHER_TENSORFLOW]
    assert {report.pair for report in reports} == set(pairs)


def test_an_interrupt_ends_what_runs_and_begins_nothing_more() -> None:
    begun: list[Pair] = []

    def session(pair: Pair) -> Pair:
        begun.append(pair)
        if len(begun) > 1:
            with child_process([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
                child.wait()
        return pair

    def interrupt(pair: Pair, future: Future[Pair]) -> SessionReport:
        raise KeyboardInterrupt

    every = [*PAIRS, OTHER_TENSORFLOW]
    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt):
        run_on(pool, session, every, interrupt)
    assert len(begun) < len(every)


@pytest.mark.parametrize(("workers", "number", "processes"), [(4, 2, "2"), (3, 2, ""), (2, 1, "2")])
def test_workers_without_a_pair_of_their_own_help_another(
    begun: Begun, workers: int, number: int, processes: str
) -> None:
    run_sessions(PAIRS[:number], Request([], [], 60), lambda *_: None, workers=workers)
    given = [each for _, arguments in begun for each in arguments if "--processes" in each]
    assert given == ([f"--processes={processes}"] * number if processes else [])
