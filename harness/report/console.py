"""The tables in the terminal. Untrusted text is never taken for markup."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.analysis.histories import BOUNDARY_COLUMNS, Tables, View, boundary_lines, history_lines
from harness.releases.pair import Pair
from harness.util.console import print_list
from harness.util.escaping import printable, shortened

STYLES = {
    "pass": "green", "mismatch": "bold magenta", "timeout": "bold yellow", "crash": "bold yellow",
    "load-error": "red", "save-error": "red", "build-error": "red", "unsupported": "dim",
}  # fmt: skip
#: What is no trouble in a history.
UNTROUBLED = {"pass", "unsupported"}
#: Characters of one text in the table of change points; the report has all of it.
LONGEST_TEXT = 90


def print_tables(console: Console, made: Tables, pairs: Sequence[Pair]) -> None:
    """The compatibility table and the change points of each view that ``pairs`` make."""
    for view in made.views_of(pairs):
        _print_view(console, view)


def _print_view(console: Console, view: View) -> None:
    table = Table(title=f"Compatibility of {view.title}")
    for column in ("case", "formats", "history"):
        table.add_column(column, overflow="fold", ratio=3 if column == "history" else 1)
    fine, lines = set(), history_lines(view.frame)
    troubled = {line.case for line in lines if {span.outcome for span in line.spans} - UNTROUBLED}
    for line in lines:
        if line.case not in troubled:
            fine.add(line.case)
            continue
        spans = (Text(printable(span.text), style=style_of(span.outcome)) for span in line.spans)
        table.add_row(Text(line.case), Text(line.formats), Text("\n").join(spans))
    console.print(table)
    print_list(console, "cases that pass wherever they apply:", [", ".join(sorted(fine))])
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


def style_of(outcome: str) -> str:
    """The style of an outcome by its name."""
    return STYLES.get(outcome, "dim")
