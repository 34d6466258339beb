"""The exchange page: which releases read the files of which others, and where that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.analysis.change_kinds import severity
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.exchange.table import Exchange, ExchangeData, Reason, reasons, spans
from harness.releases.pair import Pair
from harness.report.site.content import SiteContent
from harness.report.site.exchange_changes import axis_changes
from harness.report.site.rendering import render

#: Characters of a message on the page; the data files hold the whole.
LONGEST_MESSAGE = 400


class MapCell(NamedTuple):
    """What a reader makes of the files of a writer: the worst outcome, and how many cases fail."""

    outcome: str
    wrong: int
    cases: int

    def is_like(self, other: MapCell | None) -> bool:
        """Whether as many cases fail in the same way; not all writers write all cases."""
        return other is not None and self[:2] == other[:2]


class MapRow(NamedTuple):
    """Writers next to each other whose files fare alike with every reader."""

    writers: Sequence[Pair]
    cells: Sequence[MapCell | None]

    @property
    def name(self) -> str:
        """The releases in words."""
        first, last = str(self.writers[0].keras), str(self.writers[-1].keras)
        return first if first == last else f"{first} to {last}"


class FormatMap(NamedTuple):
    """The map of one format, and why files of it were not read."""

    format: str
    readers: Sequence[Pair]
    rows: Sequence[MapRow]
    reasons: Sequence[Reason]


def exchange_page(content: SiteContent) -> str:
    """The text of the page."""
    data = content.exchange
    return render(
        "exchange.html",
        "exchange.html",
        maps=[found for name in EXCHANGED_FORMATS if (found := format_map(data, name)).rows],
        changes=list(axis_changes(content)),
        unread=data.unread,
        writers=content.writers,
        loads=len({(one.entry, one.reader) for one in data.found}),
        meetings=len(data.found),
        releases=content.releases,
        longest=LONGEST_MESSAGE,
        spans=spans,
    )


def format_map(data: ExchangeData, format_name: str) -> FormatMap:
    """The map of a format, of the newest readers and writers first."""
    found = [one for one in data.to_blame if one.entry.format == format_name]
    readers = sorted({one.reader for one in found}, reverse=True)
    cells = _cells(found)
    rows: list[MapRow] = []
    for writer in sorted({one.writer for one in found}, reverse=True):
        row = [cells.get((writer, reader)) for reader in readers]
        if rows and _are_alike(rows[-1].cells, row):
            rows[-1] = MapRow([writer, *rows[-1].writers], rows[-1].cells)
        else:
            rows.append(MapRow([writer], row))
    return FormatMap(format_name, readers, rows, reasons(found))


def _are_alike(one: Sequence[MapCell | None], other: Sequence[MapCell | None]) -> bool:
    return all(
        left is right or (left is not None and left.is_like(right))
        for left, right in zip(one, other, strict=True)
    )


def _cells(found: Iterable[Exchange]) -> Mapping[tuple[Pair, Pair], MapCell]:
    cells: dict[tuple[Pair, Pair], MapCell] = {}
    for one in found:
        before = cells.get((one.writer, one.reader), MapCell("pass", 0, 0))
        wrong = not one.is_right
        outcome = max(before.outcome, one.cell.outcome, key=severity) if wrong else before.outcome
        cells[one.writer, one.reader] = MapCell(outcome, before.wrong + wrong, before.cases + 1)
    return cells
