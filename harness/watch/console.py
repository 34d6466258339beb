"""The summary of a watch in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.console import style_of
from harness.util.console import print_line, print_list
from harness.util.escaping import printable
from harness.watch.comparison import Comparison
from harness.watch.summary import (
    DifferenceGroup,
    WatchSummary,
    counts_in_words,
    group_differences,
    other_packages_in_words,
)


def print_summary(console: Console, summary: WatchSummary) -> None:
    """Print what changed with each new release, what is unknown, and the title as the last line."""
    for comparison in summary.comparisons:
        _print_comparison(console, summary, comparison)
    stale = [str(acknowledgement) for acknowledgement in summary.stale]
    print_list(console, "acknowledgements that no longer apply:", stale)
    print_list(console, "yanked, so not run:", summary.yanked_names)
    print_list(console, "could not be determined:", summary.unknown)
    print_line(console, summary.title, style="bold")


def _print_comparison(console: Console, summary: WatchSummary, comparison: Comparison) -> None:
    item = comparison.item
    title = f"{item.name}, {item.partner}: {counts_in_words(comparison)}"
    print_line(console, title, style="bold")
    for line in _facts(comparison):
        print_line(console, f"  {line}")
    groups = group_differences(comparison)
    if not groups:
        return
    console.print(_table(groups))
    if item.pair:
        commands = [summary.reproduce(item.pair, group.first.key) for group in groups]
        print_list(console, "to reproduce each row:", commands)


def _facts(comparison: Comparison) -> Iterator[str]:
    item = comparison.item
    if item.pair and item.baseline:
        pairs = f"{item.pair.id} compared with {item.baseline.id}"
        yield f"{pairs}, cells known of both: {len(comparison.cells)}"
    if comparison.other_packages:
        yield f"other packages that differ: {other_packages_in_words(comparison)}"
    if comparison.overridden:
        yield "package metadata forbids the new pair, and was overridden"


def _table(groups: Sequence[DifferenceGroup]) -> Table:
    table = Table()
    for column in ("change", "before", "now", "cells"):
        table.add_column(column, overflow="fold")
    for group in groups:
        before, after = group.texts
        table.add_row(
            Text(group.kind),
            Text(printable(before), style=style_of(group.first.before.outcome)),
            Text(printable(after), style=style_of(group.first.after.outcome)),
            Text(printable(group.cells)),
        )
    return table
