"""The bulletin in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from harness.report.console import style_of
from harness.util.console import print_list
from harness.util.escaping import printable
from harness.watch.comparison import Comparison
from harness.watch.summary import WatchSummary, counts_in_words, groups, others_in_words

_COLUMNS = ("what", "before", "now", "cells")


def print_summary(console: Console, bulletin: WatchSummary) -> None:
    """What was found, and what could not be."""
    for verdict in bulletin.verdicts:
        _show_verdict(console, bulletin, verdict)
    print_list(
        console, "acknowledgements that no longer apply:", [str(each) for each in bulletin.stale]
    )
    print_list(console, "yanked already, not run:", bulletin.withdrawn)
    print_list(console, "could not be told:", bulletin.unknown)
    console.print(escape(printable(bulletin.title)), style="bold", highlight=False, soft_wrap=True)


def _show_verdict(console: Console, bulletin: WatchSummary, verdict: Comparison) -> None:
    watched = verdict.watched
    told = f"{watched.name}, {watched.why}: {counts_in_words(verdict)}"
    console.print(escape(printable(told)), style="bold", highlight=False, soft_wrap=True)
    lines = []
    if watched.pair and watched.baseline:
        both = f"{watched.pair.id} against {watched.baseline.id}"
        lines.append(f"{both}, cells in both: {len(verdict.cells)}")
    if verdict.others:
        lines.append(f"they differ beside {watched.package} in {others_in_words(verdict)}")
    if verdict.overridden:
        lines.append("metadata forbids the new pair, and was overridden")
    for line in lines:
        _line(console, line)
    found = groups(verdict)
    if not found:
        return
    table = Table()
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    for group in found:
        before, after = map(printable, group.words)
        sides = (Text(side, style=style_of(side.split()[0])) for side in (before, after))
        table.add_row(Text(group.kind), *sides, Text(printable(group.cells)))
    console.print(table)
    if watched.pair:
        console.print("to reproduce, one a row:", style="bold")
        for group in found:
            _line(console, bulletin.reproduce(watched.pair, group.first.key))


def _line(console: Console, text: str) -> None:
    console.print(f"  {printable(text)}", markup=False, highlight=False, soft_wrap=True)
