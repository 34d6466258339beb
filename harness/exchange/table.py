"""Who reads what: exchange cells beside the writers of their files, counted and explained."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.exchange.corpus import WriterClass
from harness.releases.pair import Pair
from harness.results.model import GOOD_OUTCOMES, Cell, CellKey, Result
from harness.results.signatures import Signature, signature_of


@dataclass(frozen=True)
class ExchangeData:
    """All that is known of exchanges, for tables and pages: cells, and files wrong at birth."""

    found: Sequence[Exchange] = ()
    wrong_at_birth: frozenset[WriterClass] = frozenset()

    @property
    def to_blame(self) -> list[Exchange]:
        """The exchanges without those of files that are wrong at birth."""
        return [one for one in self.found if one.entry not in self.wrong_at_birth]


class Exchange(NamedTuple):
    """What became of the file of one writer at one reader."""

    writer: Pair
    reader: Pair
    entry: WriterClass
    cell: Cell

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


def exchanges(results: Iterable[Result], classes: Iterable[WriterClass]) -> list[Exchange]:
    """The exchange cells of readers, one for each writer of each file; unsupported ones left out.

    Files that the corpus does not hold any more are left out as well.
    """
    by_key: dict[CellKey, WriterClass] = {
        (entry.case, f"{entry.format}@{entry.digest}"): entry for entry in classes
    }
    return [
        Exchange(writer, result.pair, entry, cell)
        for result in results
        for key, cell in result.cells.items()
        if cell.outcome != "unsupported" and (entry := by_key.get(key)) is not None
        for writer in entry.pairs
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


def wrong_at_birth(
    found: Iterable[Exchange], own_results: Iterable[Result]
) -> frozenset[WriterClass]:
    """The files that nobody reads as they should be, not even their own writers.

    No reader is to blame for them, as for what 3.2.0 wrote of layers that are called twice. Only
    what some reader has read can be told.
    """
    read_rightly: dict[WriterClass, bool] = {}
    for exchange in found:
        read_rightly[exchange.entry] = read_rightly.get(exchange.entry, False) or exchange.is_right
    cells = {result.pair: result.cells for result in own_results}
    return frozenset(
        entry
        for entry, is_readable in read_rightly.items()
        if not is_readable
        and any(
            (own := cells.get(writer, {}).get((entry.case, entry.format))) is not None
            and own.outcome not in GOOD_OUTCOMES
            for writer in entry.pairs
        )
    )


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
