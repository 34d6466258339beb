"""Shows the progress of a run: a bar for all pairs, and one for each pair that is running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from harness.analysis.seen_regressions import RegressionFinder
from harness.execution.events import BadCase, CellKnown, Done, SessionEvent, Stage, Unknown
from harness.execution.request import Request
from harness.execution.run_plan import Plan
from harness.execution.sessions import OnSessionEvent, SessionReport
from harness.releases.pair import Pair
from harness.util.console import print_line
from harness.util.errors import ExitCode

#: For each pair, the number of cases whose regressions are shown while it runs.
MOST_REGRESSIONS = 5
#: Runs the session of each pair, on this machine or elsewhere, and returns how each ended.
RunSessions = Callable[[Sequence[Pair], Request, OnSessionEvent], list[SessionReport]]


def run_with_progress(
    console: Console, plan: Plan, run: RunSessions, finder: RegressionFinder | None = None
) -> list[SessionReport]:
    """Run what a plan lacks, showing the progress; return how the session of each pair ended.

    Regressions are shown as soon as ``finder`` finds them.
    """
    if not plan.pairs_to_run:
        return []
    progress = PairProgress(console, len(plan.pairs_to_run), finder)
    with progress.shown():
        return [
            report
            for pairs, request in plan.rounds
            for report in run(pairs, request, progress.on_event)
        ]


class PairProgress:
    """Progress bars in a terminal; elsewhere, a plain line for each pair that has ended."""

    def __init__(
        self, console: Console, total: int, finder: RegressionFinder | None = None
    ) -> None:
        self._console = console
        self._finder = finder
        self._regressed_cases: dict[Pair, set[str]] = {}
        self._is_live = console.is_terminal
        self._start_time = time.monotonic()
        self._total = total
        self._done = 0
        self._lock = Lock()
        self._tasks: dict[Pair, TaskID] = {}
        self._start_times: dict[Pair, float] = {}
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not self._is_live,
            transient=True,
        )
        self._overall_task = self._progress.add_task("pairs", total=total, note="")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the progress while the body runs."""
        with self._progress:
            yield

    def on_event(self, pair: Pair, event: SessionEvent) -> None:
        """Show one event of a session; may be called from any thread."""
        with self._lock:
            match event:
                case Done(code):
                    self._finish(pair, code)
                case Stage():
                    self._show_stage(pair, event)
                case CellKnown():
                    self._show_regressions(pair, event)
                case BadCase() | Unknown():
                    pass  # reported together after the run

    def _show_stage(self, pair: Pair, stage: Stage) -> None:
        task = self._tasks.get(pair)
        if task is None:
            self._start_times[pair] = time.monotonic()
            task = self._tasks[pair] = self._progress.add_task(pair.id, total=None, note="")
        self._progress.update(
            task,
            total=stage.cells or None,
            completed=stage.cells - stage.left,
            note=stage.name,
        )

    def _show_regressions(self, pair: Pair, event: CellKnown) -> None:
        """Print the first regression of each case of a pair, for the first few cases."""
        if self._finder is None:
            return
        key = event.case, event.format
        for regression in self._finder.take(pair, key, event.signature):
            shown = self._regressed_cases.setdefault(regression.pair, set())
            if event.case in shown or len(shown) > MOST_REGRESSIONS:
                continue
            shown.add(event.case)
            if len(shown) > MOST_REGRESSIONS:
                text = f"more regressions in {regression.pair.id}: --details will show them"
            else:
                text = str(regression)
            print_line(self._console, text)

    def _finish(self, pair: Pair, code: int) -> None:
        now = time.monotonic()
        self._done += 1
        self._progress.remove_task(self._tasks.pop(pair))
        pairs_left = self._total - self._done
        seconds_left = (now - self._start_time) / self._done * pairs_left
        estimate = f"about {duration_in_words(seconds_left)} left" if pairs_left else ""
        self._progress.update(self._overall_task, completed=self._done, note=estimate)
        if not self._is_live:
            spent = duration_in_words(now - self._start_times[pair])
            state = "done" if code == ExitCode.KNOWN else "not known"
            line = f"[{self._done}/{self._total}] {pair.id} {state} in {spent}"
            print_line(self._console, f"{line}, {estimate}" if estimate else line)


def duration_in_words(seconds: float) -> str:
    """The duration as text: ``45 s``, ``2 min 5 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
