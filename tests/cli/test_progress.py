"""The progress of a run, from hand-made events."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.analysis.seen_regressions import RegressionFinder
from harness.cli import progress
from harness.cli.progress import MOST_REGRESSIONS, PairProgress, run_with_progress
from harness.execution.cases import Case
from harness.execution.events import BadCase, CellKnown, Done, SessionEvent, Stage, Unknown
from harness.execution.request import Request
from harness.execution.run_plan import Plan
from harness.execution.sessions import OnSessionEvent, SessionReport
from harness.releases.pair import Pair
from harness.results.signatures import Signature
from harness.results.validity import CodeDigests

FIRST = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
SECOND = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.11")


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=120, color_system=None)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_outside_a_terminal_each_pair_that_ends_is_one_line(clock: Clock) -> None:
    plain = console()
    pair_progress = PairProgress(plain, total=2)
    with pair_progress.shown():
        pair_progress.on_event(FIRST, Stage("waiting"))
        clock.now += 5
        pair_progress.on_event(SECOND, Stage("waiting"))
        pair_progress.on_event(FIRST, Stage("running", left=3, cells=9))
        clock.now += 60
        pair_progress.on_event(FIRST, Done(0))
        clock.now += 7
        pair_progress.on_event(SECOND, Done(1))
    assert printed(plain).splitlines() == [
        f"[1/2] {FIRST.id} done in 1 min 5 s, about 1 min 5 s left",
        f"[2/2] {SECOND.id} not known in 1 min 7 s",
    ]


@pytest.mark.parametrize("event", [BadCase("bad.py:3"), Unknown("no network")])
def test_what_the_run_reports_at_its_end_is_no_progress(event: SessionEvent) -> None:
    plain = console()
    pair_progress = PairProgress(plain, total=1)
    with pair_progress.shown():
        pair_progress.on_event(FIRST, Stage("waiting"))
        pair_progress.on_event(FIRST, event)
    assert printed(plain) == ""


def test_a_terminal_shows_the_stage_and_the_cells_of_each_running_pair() -> None:
    terminal = console(terminal=True)
    pair_progress = PairProgress(terminal, total=2)
    with pair_progress.shown():
        pair_progress.on_event(FIRST, Stage("installing"))
        pair_progress.on_event(SECOND, Stage("running", left=3, cells=9))
    bars = printed(terminal).splitlines()
    assert any(FIRST.id in bar and "installing" in bar for bar in bars)
    assert any(SECOND.id in bar and "6/9" in bar and "running" in bar for bar in bars)
    assert any(bar.lstrip("\r\x1b[2KA").startswith("pairs") and "0/2" in bar for bar in bars)


def test_a_terminal_counts_the_pairs_that_have_ended_and_drops_their_bars() -> None:
    terminal = console(terminal=True)
    pair_progress = PairProgress(terminal, total=2)
    pair_progress.on_event(FIRST, Stage("waiting"))
    pair_progress.on_event(FIRST, Done(0))
    with pair_progress.shown():
        pass
    assert "1/2" in printed(terminal) and " left" in printed(terminal)
    assert FIRST.id not in printed(terminal)


# ---------------------------------------------------------------- regressions

PASS, FAIL = Signature("pass"), Signature("load-error", "[red]ValueError\x1b")


def tell(pair_progress: PairProgress, pair: Pair, case: str, name: str, what: Signature) -> None:
    pair_progress.on_event(pair, CellKnown(case, name, what))


def with_finder(plain: Console) -> PairProgress:
    """Progress that compares the second pair with the first."""
    finder = RegressionFinder({SECOND: FIRST}, [], CodeDigests({}, ""))
    return PairProgress(plain, total=2, finder=finder)


def test_a_regression_is_told_as_soon_as_it_is_seen_and_once_for_each_case() -> None:
    plain = console()
    pair_progress = with_finder(plain)
    for name in ("keras", "h5"):
        tell(pair_progress, FIRST, "dense", name, PASS)
    assert printed(plain) == ""
    for name in ("keras", "h5"):
        tell(pair_progress, SECOND, "dense", name, FAIL)
    assert printed(plain).splitlines() == [
        f"regression in {SECOND.id}: dense (keras) is "
        "load-error [red]ValueError\N{REPLACEMENT CHARACTER}; "
        f"it is pass in {FIRST.id}"
    ]


def test_only_the_first_regressions_of_a_pair_are_told() -> None:
    plain = console()
    pair_progress = with_finder(plain)
    for number in range(MOST_REGRESSIONS + 3):
        tell(pair_progress, FIRST, f"case{number}", "keras", PASS)
        tell(pair_progress, SECOND, f"case{number}", "keras", FAIL)
    lines = printed(plain).splitlines()
    assert len(lines) == MOST_REGRESSIONS + 1
    assert lines[-1] == f"more regressions in {SECOND.id}: --details will show them"


def test_without_anything_to_compare_with_nothing_is_told() -> None:
    plain = console()
    tell(PairProgress(plain, total=1), FIRST, "dense", "keras", FAIL)
    assert printed(plain) == ""


def plan(missing: dict[Pair, int]) -> Plan:
    return Plan(Request([], ["keras"], 1.0), missing, [])


def test_only_pairs_with_missing_cells_are_run_and_their_reports_returned() -> None:
    report = SessionReport(SECOND, 0)
    started: list[Sequence[Pair]] = []

    def run(
        pairs: Sequence[Pair], request: Request, on_event: OnSessionEvent
    ) -> list[SessionReport]:
        started.append(pairs)
        on_event(SECOND, Stage("waiting"))
        on_event(SECOND, Done(0))
        return [report]

    plain = console()
    assert run_with_progress(plain, plan({FIRST: 0, SECOND: 4}), run) == [report]
    assert started == [[SECOND]]
    assert printed(plain).startswith(f"[1/1] {SECOND.id} done in ")


def test_nothing_is_started_where_everything_is_known() -> None:
    def run(*_: object) -> list[SessionReport]:
        raise AssertionError("a session was started")

    plain = console()
    assert run_with_progress(plain, plan({FIRST: 0}), run) == []
    assert printed(plain) == ""


def test_whole_pairs_and_pairs_with_a_sample_are_run_in_turn_and_counted_together() -> None:
    started: list[tuple[Sequence[Pair], Sequence[Case]]] = []
    sample = [Case("dense", Path("dense.py"))]

    def run(
        pairs: Sequence[Pair], request: Request, on_event: OnSessionEvent
    ) -> list[SessionReport]:
        started.append((pairs, request.cases))
        for pair in pairs:
            on_event(pair, Stage("waiting"))
            on_event(pair, Done(0))
        return [SessionReport(pair, 0) for pair in pairs]

    plain = console()
    sampled = replace(plan({FIRST: 2, SECOND: 4}), not_planned={FIRST: 8}, sample=sample)
    reports = run_with_progress(plain, sampled, run)
    assert [report.pair for report in reports] == [SECOND, FIRST]
    assert started == [([SECOND], []), ([FIRST], sample)]
    assert [line[:5] for line in printed(plain).splitlines()] == ["[1/2]", "[2/2]"]
