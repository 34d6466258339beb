"""The summary of a watch in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.outcome_style import style_of
from harness.util.console import print_line, print_list
from harness.util.escaping import printable
from harness.watch.comparison import Comparison
from harness.watch.new_files_in_words import (
    ledger_in_words,
    reader_in_words,
    refusal_in_words,
)
from harness.watch.summary import (
    DifferenceGroup,
    WatchSummary,
    counts_in_words,
    group_differences,
    other_packages_in_words,
    writers_in_words,
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
    if groups:
        console.print(_table(groups))
    if groups and item.pair:
        commands = [summary.reproduce(item.pair, group.first) for group in groups]
        print_list(console, "to reproduce each row:", commands)
    for line in _lines_about_new_files(comparison):
        print_line(console, f"  {line}")


def _lines_about_new_files(comparison: Comparison) -> Iterator[str]:
    """How many of the new files other releases read, and which they refuse that they did not."""
    for reader in comparison.readers:
        yield reader_in_words(reader, comparison.item)
        for refusal in reader.refusals:
            files, reason = refusal_in_words(refusal)
            yield f"  newly refused: {files}"
            yield f"    {reason}"
            for keys in refusal.ledger:
                yield f"    ledger: {ledger_in_words(keys)}"


def _facts(comparison: Comparison) -> Iterator[str]:
    item = comparison.item
    if item.pair and item.baseline:
        pairs = f"{item.pair.id} compared with {item.baseline.id}"
        yield f"{pairs}, cells known of both: {len(comparison.cells)}"
    if comparison.files:
        yield f"files of {writers_in_words(comparison)} read by both: {len(comparison.files)}"
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
