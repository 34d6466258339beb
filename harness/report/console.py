"""What the terminal shows: progress, plans, tables. Untrusted text is never taken for markup."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from harness.analysis.histories import BOUNDARY_COLUMNS, Tables, View, boundary_lines, history_lines
from harness.execution.run_pair import Request
from harness.execution.run_plan import Plan
from harness.execution.sessions import OnSessionEvent, SessionReport
from harness.releases.pair_rules import Pair
from harness.util.escaping import printable, shortened

STYLES = {
    "pass": "green", "mismatch": "bold magenta", "timeout": "bold yellow", "crash": "bold yellow",
    "load-error": "red", "save-error": "red", "build-error": "red", "unsupported": "dim",
}  # fmt: skip
#: Runs the sessions of pairs: here, or elsewhere.
RunSessions = Callable[[Sequence[Pair], Request, OnSessionEvent], list[SessionReport]]
#: What is no trouble in a history.
UNTROUBLED = {"pass", "unsupported"}
#: Characters of one text in the table of change points; the report has all of it.
LONGEST_TEXT = 90


class PairProgress:
    """A line for each pair at work and one for all; a plain line a pair outside a terminal."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._live = console.is_terminal
        self._started = time.monotonic()
        self._total = total
        self._done = 0
        self._lock = Lock()
        self._tasks: dict[Pair, TaskID] = {}
        self._began: dict[Pair, float] = {}
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=24),
            MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[note]}"),
            console=console, disable=not self._live, transient=True,
        )  # fmt: skip
        self._all = self._progress.add_task("pairs", total=total, note="")

    @contextmanager
    def shown(self) -> Iterator[PairProgress]:
        """Show the progress while the body runs."""
        with self._progress:
            yield self

    def tell(self, pair: Pair, event: dict[str, Any]) -> None:
        """Take one event of a session; may be called from any thread."""
        with self._lock:
            if event["stage"] == "done":
                self._finish(pair, event["code"])
                return
            task = self._tasks.get(pair)
            if task is None:
                self._began[pair] = time.monotonic()
                task = self._tasks[pair] = self._progress.add_task(pair.id, total=None, note="")
            total = event.get("cells")
            done = total - event["left"] if total else 0
            self._progress.update(task, total=total, completed=done, note=event["stage"])

    def _finish(self, pair: Pair, code: int) -> None:
        self._done += 1
        self._progress.remove_task(self._tasks.pop(pair))
        elapsed = time.monotonic() - self._started
        left = elapsed / self._done * (self._total - self._done)
        note = f"about {_duration(left)} left" if self._done < self._total else ""
        self._progress.update(self._all, completed=self._done, note=note)
        if not self._live:
            spent = time.monotonic() - self._began[pair]
            word = "done" if code == 0 else "not known"
            self._console.print(
                f"[{self._done}/{self._total}] {pair.id} {word} in {_duration(spent)}"
                + (f", {note}" if note else ""), markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip


def run_shown(console: Console, plan: Plan, run: RunSessions) -> list[SessionReport]:
    """Run what a plan wants and show the progress; return how each pair ended."""
    if not plan.wanted:
        return []
    progress = PairProgress(console, len(plan.wanted))
    with progress.shown():
        return run(plan.wanted, plan.request, progress.tell)


def print_tables(console: Console, made: Tables, pairs: Sequence[Pair]) -> None:
    """The compatibility table and the change points of each view that ``pairs`` make."""
    for view in made.views_of(pairs):
        _print_view(console, view)


def _print_view(console: Console, view: View) -> None:
    table = Table(title=f"Compatibility of {view.title}")
    for column in ("case", "formats", "history"):
        table.add_column(column, overflow="fold", ratio=3 if column == "history" else 1)
    fine, lines = set(), history_lines(view.frame)
    troubled = {line.case for line in lines if set(map(_outcome_of, line.spans)) - UNTROUBLED}
    for line in lines:
        if line.case not in troubled:
            fine.add(line.case)
            continue
        spans = (Text(printable(span), style=style_of(_outcome_of(span))) for span in line.spans)
        table.add_row(Text(line.case), Text(line.formats), Text("\n").join(spans))
    console.print(table)
    print_lines(console, "cases that pass wherever they apply:", [", ".join(sorted(fine))])
    table = Table(title=f"Change points: {len(view.changes)}")
    shown = [column for column in BOUNDARY_COLUMNS if column != "why"]
    for column in shown:
        table.add_column(column, overflow="fold")
    for boundary in boundary_lines(view.changes):
        short = (shortened(printable(text), LONGEST_TEXT) for text in boundary)
        texts = dict(zip(BOUNDARY_COLUMNS, short, strict=True))
        styles = {column: style_of(texts[column].split()[0]) for column in ("before", "after")}
        table.add_row(*(Text(texts[column], style=styles.get(column, "")) for column in shown))
    console.print(table)


def print_lines(console: Console, heading: str, lines: Sequence[str]) -> None:
    """A heading and a list of untrusted lines under it; nothing where there are none."""
    if any(lines):
        console.print(escape(heading), style="bold")
        for line in lines:
            console.print(f"  {printable(line)}", markup=False, highlight=False, soft_wrap=True)


def _outcome_of(span: str) -> str:
    """The outcome in the words of a span: ``3.0.5 to 3.6.0 load-error ValueError``."""
    return next((word for word in span.split() if word in STYLES), "")


def style_of(outcome: str) -> str:
    """The style of an outcome by its name."""
    return STYLES.get(outcome, "dim")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
