"""The tables in the terminal, in which untrusted text is never read as markup."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.analysis.change_kinds import severity
from harness.analysis.change_points import NOT_RUN
from harness.analysis.histories import BOUNDARY_COLUMNS, Tables, View, boundary_lines, history_lines
from harness.releases.pair import Pair
from harness.util.console import print_list
from harness.util.escaping import printable, shortened

STYLES = {
    "pass": "green", "refused": "green", "mismatch": "bold magenta", "accepted": "bold magenta",
    "timeout": "bold yellow", "crash": "bold yellow", "load-error": "red", "save-error": "red",
    "build-error": "red", "unsupported": "dim",
}  # fmt: skip
#: Characters of one text in the table of change points; the site shows the whole text.
LONGEST_TEXT = 90


def print_tables(console: Console, tables: Tables, pairs: Sequence[Pair]) -> None:
    """Print the histories and the change points of each view that ``pairs`` belong to."""
    for view in tables.views_of(pairs):
        _print_histories(console, view)
        _print_change_points(console, view)


def _print_histories(console: Console, view: View) -> None:
    """Print the history of each case that fails anywhere, and the names of the other cases."""
    lines = history_lines(view.frame)
    failing = {line.case for line in lines if any(_fails(span.outcome) for span in line.spans)}
    table = Table(title=f"Compatibility of {view.title}")
    table.add_column("case", overflow="fold", ratio=1)
    table.add_column("formats", overflow="fold", ratio=1)
    table.add_column("history", overflow="fold", ratio=3)
    for line in lines:
        if line.case in failing:
            spans = (
                Text(printable(span.text), style=style_of(span.outcome)) for span in line.spans
            )
            table.add_row(Text(line.case), Text(line.formats), Text("\n").join(spans))
    console.print(table)
    others = sorted({line.case for line in lines} - failing)
    print_list(console, "cases that fail nowhere:", [", ".join(others)])


def _fails(outcome: str) -> bool:
    return outcome != NOT_RUN.outcome and severity(outcome) > 0


def _print_change_points(console: Console, view: View) -> None:
    """Print the change points without their annotations, which are too long for a terminal."""
    columns = [column for column in BOUNDARY_COLUMNS if column != "why"]
    table = Table(title=f"Change points: {len(view.changes)}")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in boundary_lines(view.changes):
        short_texts = (shortened(printable(text), LONGEST_TEXT) for text in row.texts)
        texts = dict(zip(BOUNDARY_COLUMNS, short_texts, strict=True))
        styles = dict(zip(("before", "after"), map(style_of, row.outcomes), strict=True))
        table.add_row(*(Text(texts[column], style=styles.get(column, "")) for column in columns))
    console.print(table)


def style_of(outcome: str) -> str:
    """The style in which an outcome is printed."""
    return STYLES.get(outcome, "dim")
