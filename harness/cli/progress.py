"""Progress of a run: a line for each pair at work and one for all of them."""

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

from harness.execution.events import BadCase, Done, SessionEvent, Stage, Unknown
from harness.execution.request import Request
from harness.execution.run_plan import Plan
from harness.execution.sessions import OnSessionEvent, SessionReport
from harness.releases.pair import Pair
from harness.util.console import print_line

#: Runs the sessions of pairs: on this machine or elsewhere.
RunSessions = Callable[[Sequence[Pair], Request, OnSessionEvent], list[SessionReport]]


def run_with_progress(console: Console, plan: Plan, run: RunSessions) -> list[SessionReport]:
    """Run the pairs that a plan wants and show the progress; return how each pair ended."""
    if not plan.wanted:
        return []
    progress = PairProgress(console, len(plan.wanted))
    with progress.shown():
        return run(plan.wanted, plan.request, progress.on_event)


class PairProgress:
    """Progress bars in a terminal; outside of one, a plain line for each pair that has ended."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._is_live = console.is_terminal
        self._started = time.monotonic()
        self._total = total
        self._done = 0
        self._lock = Lock()
        self._tasks: dict[Pair, TaskID] = {}
        self._began: dict[Pair, float] = {}
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
        self._all = self._progress.add_task("pairs", total=total, note="")

    @contextmanager
    def shown(self) -> Iterator[PairProgress]:
        """Show the progress while the body runs."""
        with self._progress:
            yield self

    def on_event(self, pair: Pair, event: SessionEvent) -> None:
        """Follow one event of a session; may be called from any thread."""
        with self._lock:
            match event:
                case Done(code):
                    self._finish(pair, code)
                case Stage():
                    self._show_stage(pair, event)
                case BadCase() | Unknown():
                    pass  # the report of the session has them

    def _show_stage(self, pair: Pair, stage: Stage) -> None:
        task = self._tasks.get(pair)
        if task is None:
            self._began[pair] = time.monotonic()
            task = self._tasks[pair] = self._progress.add_task(pair.id, total=None, note="")
        self._progress.update(
            task,
            total=stage.cells or None,
            completed=stage.cells - stage.left,
            note=stage.name,
        )

    def _finish(self, pair: Pair, code: int) -> None:
        self._done += 1
        self._progress.remove_task(self._tasks.pop(pair))
        elapsed = time.monotonic() - self._started
        left = elapsed / self._done * (self._total - self._done)
        note = f"about {_duration(left)} left" if self._done < self._total else ""
        self._progress.update(self._all, completed=self._done, note=note)
        if not self._is_live:
            spent = _duration(time.monotonic() - self._began[pair])
            state = "done" if code == 0 else "not known"
            line = f"[{self._done}/{self._total}] {pair.id} {state} in {spent}"
            print_line(self._console, f"{line}, {note}" if note else line)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
