"""Who reads what: exchange cells beside the writers of their files, counted and explained."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.exchange.corpus import WriterClass
from harness.releases.pair import Pair
from harness.results.model import GOOD_OUTCOMES, Cell, CellKey, Result
from harness.results.signatures import Signature, signature_of


@dataclass(frozen=True)
class ExchangeData:
    """All that is known of exchanges, for tables and pages."""

    found: Sequence[Exchange] = ()

    @property
    def to_blame(self) -> list[Exchange]:
        """The exchanges of files that their own writers read: no reader has to do better."""
        return [one for one in self.found if one.was_right]

    @property
    def unread(self) -> list[UnreadFile]:
        """The files that no release reads as it should, of those that were asked."""
        return _unread(self.found)

    def of_writers(self, writers: Collection[Pair]) -> ExchangeData:
        """What is known of the files of some writers."""
        return ExchangeData([one for one in self.found if one.writer in writers])


class Exchange(NamedTuple):
    """What became of the file of one writer at one reader.

    ``was_right`` says that the writer itself reads its file as it should, or is not known not to.
    """

    writer: Pair
    reader: Pair
    entry: WriterClass
    cell: Cell
    was_right: bool

    @property
    def is_right(self) -> bool:
        """Whether the reader read the file as its writer meant it, or refused it rightly."""
        return self.cell.outcome in GOOD_OUTCOMES and not self.cell.note

    @property
    def is_silent(self) -> bool:
        """Whether the reader gives another model than was saved, and says nothing."""
        return self.cell.outcome in ("mismatch", "accepted")

    @property
    def signature(self) -> Signature:
        """The behaviour of the reader; a part that it skipped with a warning belongs to it."""
        signature = signature_of(self.cell)
        return Signature("pass", "Warning", self.cell.note) if self.cell.note else signature


def exchange_data(
    results: Iterable[Result], classes: Iterable[WriterClass], own_results: Iterable[Result]
) -> ExchangeData:
    """The exchange cells of readers, one for each writer of each file; unsupported ones left out.

    ``own_results`` are what the writers came to with their own files. Files that the corpus does
    not hold any more are left out as well.
    """
    own_cells = {result.pair: result.cells for result in own_results}
    by_key: dict[CellKey, WriterClass] = {
        (entry.case, f"{entry.format}@{entry.digest}"): entry for entry in classes
    }
    found = [
        Exchange(writer, result.pair, entry, cell, _is_right(own_cells.get(writer, {}), entry))
        for result in results
        for key, cell in result.cells.items()
        if cell.outcome != "unsupported" and (entry := by_key.get(key)) is not None
        for writer in entry.pairs
    ]
    return ExchangeData(_judged_by_own_reading(found))


def _is_right(own_cells: Mapping[CellKey, Cell], entry: WriterClass) -> bool:
    own = own_cells.get((entry.case, entry.format))
    return own is None or own.outcome in GOOD_OUTCOMES


def _judged_by_own_reading(found: Sequence[Exchange]) -> list[Exchange]:
    """The same exchanges; a writer that was a reader, too, is judged by how it read its file.

    Only that shows the warnings, which it may have given of its own files as well.
    """
    own = {(one.writer, one.entry): one.is_right for one in found if one.writer == one.reader}
    return [
        one._replace(was_right=one.was_right and own.get((one.writer, one.entry), True))
        for one in found
    ]


class UnreadFile(NamedTuple):
    """A case and a format of which nobody reads the files of some writers, not even they."""

    case: str
    format: str
    writers: Sequence[Pair]


def _unread(found: Iterable[Exchange]) -> list[UnreadFile]:
    is_read: dict[WriterClass, bool] = {}
    for exchange in found:
        was_read = exchange.was_right or exchange.cell.outcome in GOOD_OUTCOMES
        is_read[exchange.entry] = is_read.get(exchange.entry, False) or was_read
    writers: dict[CellKey, list[Pair]] = {}
    for entry, was_read in is_read.items():
        if not was_read:
            writers.setdefault((entry.format, entry.case), []).extend(entry.pairs)
    return [
        UnreadFile(case, format_name, sorted(pairs))
        for (format_name, case), pairs in sorted(writers.items())
    ]


@dataclass(frozen=True)
class Meeting:
    """All files of one format that one writer wrote and one reader read: how many were wrong."""

    cases: int = 0
    wrong: int = 0
    silent: int = 0

    def __str__(self) -> str:
        if not self.wrong:
            return "all"
        mark = "!" if self.silent else ""
        return f"{self.cases - self.wrong}/{self.cases}{mark}"


def meetings(found: Iterable[Exchange], format_name: str) -> dict[tuple[Pair, Pair], Meeting]:
    """How each writer and reader get on in a format."""
    counts: dict[tuple[Pair, Pair], Meeting] = {}
    for exchange in found:
        if exchange.entry.format == format_name:
            key = (exchange.writer, exchange.reader)
            before = counts.get(key, Meeting())
            counts[key] = Meeting(
                before.cases + 1,
                before.wrong + (not exchange.is_right),
                before.silent + exchange.is_silent,
            )
    return counts


def read_in_full(found: Iterable[Exchange]) -> dict[tuple[Pair, Pair], bool]:
    """Whether a reader reads every file of a writer, in all formats, for each two that met."""
    whole: dict[tuple[Pair, Pair], bool] = {}
    for exchange in found:
        key = (exchange.writer, exchange.reader)
        whole[key] = whole.get(key, True) and exchange.is_right
    return whole


def spans(chosen: Collection[Pair], known: Sequence[Pair]) -> list[str]:
    """The Keras releases of pairs in words; neighbours in ``known`` are joined to a span."""
    texts: list[str] = []
    run: list[Pair] = []
    for pair in [*known, None]:
        if pair is not None and pair in chosen:
            run.append(pair)
        elif run:
            first, last = str(run[0].keras), str(run[-1].keras)
            texts.append(first if first == last else f"{first} to {last}")
            run = []
    return texts


class Reason(NamedTuple):
    """A behaviour in which files were not read, with the cases and the pairs that show it."""

    label: str
    message: str
    cases: Sequence[str]
    pairs: Sequence[tuple[Pair, Pair]]

    @property
    def writers(self) -> list[Pair]:
        """The writers of the files."""
        return sorted({writer for writer, _ in self.pairs})

    @property
    def readers(self) -> list[Pair]:
        """The readers that did not read them."""
        return sorted({reader for _, reader in self.pairs})


def reasons(found: Iterable[Exchange]) -> list[Reason]:
    """Why files were not read as they should be: each behaviour once, the most frequent first."""
    groups: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in found:
        if not exchange.is_right:
            signature = exchange.signature
            groups.setdefault((signature.label, signature.message), []).append(exchange)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        Reason(
            *key,
            cases=sorted({exchange.entry.case for exchange in group}),
            pairs=sorted({(exchange.writer, exchange.reader) for exchange in group}),
        )
        for key, group in ordered
    ]
