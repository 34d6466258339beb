"""The details of a matrix in the terminal: the history of each case, and all change points."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby

from rich.console import Console
from rich.text import Text

from harness.analysis.asked_views import asked_views
from harness.analysis.change_kinds import severity
from harness.analysis.change_points import NOT_RUN
from harness.analysis.table_rows import HistoryLine, history_lines
from harness.analysis.views import Tables, View
from harness.releases.pair import Pair
from harness.report.change_list import print_change_points
from harness.report.outcome_style import style_of
from harness.report.wrapping import hanging
from harness.results.model import CellKey
from harness.util.console import print_hanging, print_line, print_wrapped
from harness.util.escaping import printable


def print_details(
    console: Console, tables: Tables, pairs: Collection[Pair], keys: Collection[CellKey]
) -> None:
    """Print the histories and the change points of these cells of these pairs."""
    views = list(asked_views(tables, pairs, keys))
    for view in views:
        _print_histories(console, view)
        console.print()
        print_change_points(console, view)
    if not views:
        print_line(console, "Nothing is known about what was asked for.")


def _print_histories(console: Console, view: View) -> None:
    """Print the history of each case that fails anywhere, and the names of the other cases."""
    lines = history_lines(view.frame, view.axis)
    failing = {line.case for line in lines if any(_fails(span.outcome) for span in line.spans)}
    title = f"Compatibility of {view.title}"
    if not failing:
        title += ": nothing fails." if lines else ": nothing passes or fails."
    for part in hanging(Text(title, style="bold"), console.width):
        console.print(part, soft_wrap=True)
    for case, of_case in groupby(lines, lambda line: line.case):
        if case in failing:
            print_line(console, f"\n{case}", style="bold")
            for line in of_case:
                print_hanging(console, _history(line), indent=4, lead=2)
    if others := sorted({line.case for line in lines} - failing):
        print_line(console, "\ncases that fail nowhere:", style="bold")
        print_wrapped(console, f"  {printable(', '.join(others))}")


def _fails(outcome: str) -> bool:
    return outcome != NOT_RUN.outcome and severity(outcome) > 0


def _history(line: HistoryLine) -> Text:
    """The formats that share a history, and what each range of releases does."""
    text = Text(f"{line.formats}: ")
    for number, span in enumerate(line.spans):
        text.append("; " if number else "")
        text.append(printable(span.text), style=style_of(span.outcome))
    return text
