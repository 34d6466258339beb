"""What ``exchange`` prints: who reads whose files, why not, and which release changed that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.exchange.change_groups import ChangeGroup
from harness.exchange.changes import AXES, Axis
from harness.exchange.corpus import Corpus
from harness.exchange.explained_changes import with_differences
from harness.exchange.table import (
    ExchangeData,
    Meeting,
    Reason,
    UnreadFile,
    meetings,
    reasons,
    spans,
)
from harness.releases.pair import Pair
from harness.report.exchange_change_text import change_lines, on_axis
from harness.util.console import print_line, print_list, print_wrapped
from harness.util.escaping import ends_of, printable

#: How many reasons are printed, how many changes of each axis, and characters of a message.
MOST_REASONS = 12
MOST_CHANGES = 10
LONGEST_MESSAGE = 160


def print_exchange(console: Console, data: ExchangeData, formats: Sequence[str]) -> None:
    """Print a map of writers and readers for each format, then the reasons for what is not read."""
    for name in formats:
        _print_map(console, name, meetings(data, name))
    _print_unread(console, data.unread, data.writers)
    _print_reasons(console, reasons(data))


def print_changes(
    console: Console, groups: Sequence[ChangeGroup], data: ExchangeData, corpus: Corpus
) -> None:
    """Print the change points of each axis, newest first; nothing where there are none.

    ``data`` are the exchanges that they are from, and ``corpus`` has the files.
    """
    known: dict[Axis, Sequence[Pair]] = {"reader": data.writers, "writer": data.measured_readers}
    for axis in AXES:
        of_axis = on_axis(groups, axis)
        if not of_axis:
            continue
        console.print(f"\nwhat changed from {axis} to {axis}, newest first:", style="bold")
        for group in with_differences(of_axis[:MOST_CHANGES], corpus):
            for line in change_lines(group, known[axis]):
                print_wrapped(console, line)
        if len(of_axis) > MOST_CHANGES:
            more = f"... and {len(of_axis) - MOST_CHANGES} more changes"
            print_line(console, f"{more}; the page exchange.html of the report has all.")


def _print_map(
    console: Console, format_name: str, counts: Mapping[tuple[Pair, Pair], Meeting]
) -> None:
    """Print how many cases of each writer (down) each reader (across) reads as it should."""
    if not counts:
        print_line(console, f"{format_name}: nothing is known.")
        return
    readers = sorted({reader for _, reader in counts})
    table = Table(title=f"{format_name}: files that are read, of those that their writer reads")
    table.add_column("written by", no_wrap=True)
    for reader in readers:
        table.add_column(str(reader.keras), justify="right", no_wrap=True)
    for writer in sorted({writer for writer, _ in counts}):
        cells = (counts.get((writer, reader)) for reader in readers)
        table.add_row(str(writer.keras), *map(_map_cell, cells))
    console.print(table)


def _print_unread(console: Console, unread: Sequence[UnreadFile], known: Sequence[Pair]) -> None:
    """Print which files nobody reads: the fault may be the file's or every reader's."""
    texts = [
        f"{one.case} ({one.format}), written by {', '.join(spans(one.writers, known))}"
        for one in unread
    ]
    print_list(console, "not counted, as nobody reads them, nor do their writers:", texts)


def _map_cell(meeting: Meeting | None) -> Text:
    if meeting is None:
        return Text("-", style="dim")
    if not meeting.wrong:
        return Text(str(meeting), style="green")
    return Text(str(meeting), style="bold magenta" if meeting.silent else "red")


def _print_reasons(console: Console, found: Sequence[Reason]) -> None:
    if not found:
        print_line(console, "Every file is read as it should be.")
        return
    for reason in found[:MOST_REASONS]:
        message = ends_of(" ".join(reason.message.split()), LONGEST_MESSAGE)
        print_wrapped(console, printable(f"{reason.label}: {message}"))
        print_wrapped(console, f"    {_releases(reason)}; {_names(reason.cases)}")
    if len(found) > MOST_REASONS:
        print_line(console, f"... and {len(found) - MOST_REASONS} more reasons.")


def _releases(reason: Reason) -> str:
    """Which readers refuse the files of which writers, in few words."""
    return f"written by {_span(reason.writers)}, read by {_span(reason.readers)}"


def _span(pairs: Sequence[Pair]) -> str:
    if len(pairs) == 1:
        return str(pairs[0].keras)
    return f"{pairs[0].keras} to {pairs[-1].keras} ({len(pairs)} releases)"


def _names(cases: Sequence[str]) -> str:
    shown = ", ".join(cases[:3])
    return shown if len(cases) <= 3 else f"{shown} and {len(cases) - 3} more cases"
