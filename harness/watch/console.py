"""The summary of a watch in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from harness.report.outcome_style import style_of
from harness.util.console import print_hanging, print_line, print_list, print_wrapped
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
        print_wrapped(console, f"  {line}")
    for group in group_differences(comparison):
        print_hanging(console, _change(group), lead=2)
        if item.pair:
            print_line(console, f"      {summary.reproduce(item.pair, group.first)}", style="dim")
    for line in _lines_about_new_files(comparison):
        print_wrapped(console, f"  {line}")


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


def _change(group: DifferenceGroup) -> Text:
    """What changed in which cells, from what to what."""
    before, after = group.texts
    return Text.assemble(
        f"{group.kind}: {printable(group.cells)}, ",
        (printable(before), style_of(group.first.before.outcome)),
        " → ",
        (printable(after), style_of(group.first.after.outcome)),
    )
