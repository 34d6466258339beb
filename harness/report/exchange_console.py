"""What ``exchange`` prints: who reads whose files, why not, and which release changed that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count, groupby, product
from string import ascii_uppercase

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.exchange.change_groups import ChangeGroup
from harness.exchange.changes import AXES, Axis
from harness.exchange.corpus import Corpus
from harness.exchange.data import ExchangeData, UnreadFile
from harness.exchange.explained_changes import with_differences
from harness.exchange.table import Meeting, Reason, meetings, reasons
from harness.releases.pair import Pair, span_in_words, spans_in_words
from harness.report.exchange_change_text import change_lines, on_axis
from harness.results.messages import innermost_message
from harness.util.console import print_line, print_list, print_wrapped
from harness.util.escaping import ends_of, printable
from harness.util.wording import counted, first_lines

#: How many reasons are printed, how many changes of each axis, and characters of a message.
MOST_REASONS = 12
MOST_CHANGES = 10
LONGEST_MESSAGE = 160
#: Columns of the name of a writer, and of a release in a map with numbers.
_NAME_WIDTH, _COLUMN_WIDTH = 11, 10
#: Files that nobody reads that are printed.
MOST_UNREAD = 10
_KEY_OF_SMALL_MAP = (
    "✓ all; ! some of the others are silently different; ? all that were tried, but some were not; "
    "- none were tried. With few readers (--reader), numbers of files are shown."
)


def print_exchange(
    console: Console,
    data: ExchangeData,
    formats: Sequence[str],
    writers: Collection[Pair],
    readers: Collection[Pair],
) -> None:
    """Print a map of some writers and readers for each format, then why files are not read.

    ``data`` has all writers and readers, because any of them can show that a file is sound.
    """
    asked = data.of(writers, readers)
    for name in formats:
        to_read, to_refuse = (meetings(asked, name, must_refuse=each) for each in (False, True))
        if to_read:
            title = f"{name}: files that are read, of those that their writer reads"
            _print_map(console, title, to_read)
        if to_refuse and (not to_read or any(each.wrong for each in to_refuse.values())):
            _print_map(
                console, f"{name}: files that are refused, of those that should be", to_refuse
            )
        if not to_read and not to_refuse:
            print_line(console, f"{name}: {_why_nothing(asked, name, readers)}.")
    unread = [
        one._replace(writers=[pair for pair in one.writers if pair in writers])
        for one in data.unread
        if one.format in formats and not set(writers).isdisjoint(one.writers)
    ]
    _print_unread(console, unread, data.writers)
    _print_reasons(console, reasons(asked))
    if len(asked.counts) and not len(asked.wrong_files):
        print_line(console, "Every file is read as it should be.")


def _why_nothing(asked: ExchangeData, format_name: str, readers: Collection[Pair]) -> str:
    """Why a format has no file that its writer reads and that one of these readers has read."""
    places = asked.written["file"].unique()
    if all(asked.readings.files[place].format != format_name for place in places):
        return "the corpus has no file of these writers"
    sound = [*asked.sound_files_by_writer, *asked.files_to_refuse_by_writer]
    if not any(name == format_name for _, name in sound):
        return "no file is read by its own writer"
    if all((reader, format_name) in asked.readings.unable for reader in readers):
        return "these readers do not know this format"
    return "no file has been read by these readers"


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
            more = counted(len(of_axis) - MOST_CHANGES, "more change")
            print_line(console, f"... and {more}; exchange-changes.html in the report has all.")


def _print_map(console: Console, title: str, counts: Mapping[tuple[Pair, Pair], Meeting]) -> None:
    """Print how many cases of each writer (down) each reader (across) reads as it should."""
    readers = sorted({reader for _, reader in counts})
    widths = (max(_COLUMN_WIDTH, len(_name(reader)) + 2) for reader in readers)
    if _name_width(counts) + sum(widths) <= console.width:
        print_wrapped(console, title)
        console.print(_whole_map(readers, counts))
    else:
        _print_small_map(console, title, readers, counts)


def _whole_map(readers: Sequence[Pair], counts: Mapping[tuple[Pair, Pair], Meeting]) -> Table:
    """The numbers of files, with the releases above their columns."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("written by", no_wrap=True)
    for reader in readers:
        table.add_column(_name(reader), justify="right", no_wrap=True)
    for writer in sorted({writer for writer, _ in counts}):
        cells = (counts.get((writer, reader)) for reader in readers)
        table.add_row(_name(writer), *map(_map_cell, cells))
    return table


def _print_small_map(
    console: Console,
    title: str,
    readers: Sequence[Pair],
    counts: Mapping[tuple[Pair, Pair], Meeting],
) -> None:
    """Print percentages under a letter for each reader."""
    letters = dict(zip(readers, _letters(), strict=False))
    print_wrapped(console, f"{title}, in percent")
    names = (f"{letter}={_name(reader)}" for reader, letter in letters.items())
    print_wrapped(console, f"read by: {', '.join(names)}")
    head = "".join(f"{letter:>3}" for letter in letters.values())
    width = _name_width(counts)
    print_line(console, f"{'written by':{width}}{head}", style="dim")
    for writer in sorted({writer for writer, _ in counts}):
        line = Text(f"{_name(writer):{width}}")
        for reader in letters:
            line.append_text(_small_cell(counts.get((writer, reader))))
        console.print(line, no_wrap=True, crop=True, highlight=False)
    print_wrapped(console, _KEY_OF_SMALL_MAP)


def _name(pair: Pair) -> str:
    """The release, with its package unless that is Keras."""
    return span_in_words([pair])


def _name_width(counts: Mapping[tuple[Pair, Pair], Meeting]) -> int:
    """Columns for the names of the writers."""
    return max((_NAME_WIDTH, *(len(_name(writer)) + 1 for writer, _ in counts)))


def _letters() -> Iterator[str]:
    """A, B, …, Z, AA, AB, …"""
    for length in count(1):
        yield from map("".join, product(ascii_uppercase, repeat=length))


def _small_cell(meeting: Meeting | None) -> Text:
    """The share of the files that are read, in three columns; 99 stands for all but a few."""
    if meeting is None:
        return Text("  -", style="dim")
    if not meeting.wrong:
        return Text("  ?" if meeting.unknown else "  ✓", style="green")
    share = (meeting.cases - meeting.wrong) * 100 // meeting.cases
    mark = "!" if meeting.silent else ""
    return Text(f"{share}{mark}".rjust(3), style="bold magenta" if meeting.silent else "red")


def _print_unread(console: Console, unread: Sequence[UnreadFile], known: Sequence[Pair]) -> None:
    """Print which files nobody reads: the fault may be the file's or every reader's."""
    texts = [
        f"{one.case} ({one.format}), written by {', '.join(spans_in_words(one.writers, known))}"
        for one in unread
    ]
    heading = "not counted, because no release reads them, not even their writers:"
    print_list(console, heading, first_lines(texts, MOST_UNREAD))


def _map_cell(meeting: Meeting | None) -> Text:
    if meeting is None:
        return Text("-", style="dim")
    if not meeting.wrong:
        return Text(str(meeting), style="green")
    return Text(str(meeting), style="bold magenta" if meeting.silent else "red")


def _print_reasons(console: Console, found: Sequence[Reason]) -> None:
    for reason in found[:MOST_REASONS]:
        innermost = " ".join(innermost_message(reason.message).split())
        message = ends_of(innermost, LONGEST_MESSAGE)
        print_wrapped(console, printable(f"{reason.label}: {message}"))
        print_wrapped(console, f"    {_releases(reason)}; {_names(reason.cases)}")
    if len(found) > MOST_REASONS:
        print_line(console, f"... and {counted(len(found) - MOST_REASONS, 'more reason')}.")


def _releases(reason: Reason) -> str:
    """Which readers refuse the files of which writers, in few words."""
    return f"written by {_span(reason.writers)}, read by {_span(reason.readers)}"


def _span(pairs: Sequence[Pair]) -> str:
    texts = []
    for _, of_lineage in groupby(pairs, key=lambda pair: pair.lineage):
        run = list(of_lineage)
        number = f" ({len(run)} releases)" if len(run) > 1 else ""
        texts.append(span_in_words(run) + number)
    return ", ".join(texts)


def _names(cases: Sequence[str]) -> str:
    shown = ", ".join(cases[:3])
    return shown if len(cases) <= 3 else f"{shown} and {counted(len(cases) - 3, 'more case')}"
