"""The data of exchanges: readings beside the writers of the files that were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.analysis.frames import records
from harness.exchange.inference import with_inferred
from harness.exchange.readings import Readings
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import CONTRACT_OUTCOMES, GOOD_OUTCOMES, Cell, CellKey, Result

#: The columns of `ExchangeData.written` and their types.
_WRITTEN = {"file": "int32", "writer": "int32", "was_right": "bool", "must_refuse": "bool"}


def _written(rows: Sequence[tuple[int, int, bool, bool]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(_WRITTEN)).astype(_WRITTEN)


@dataclass(frozen=True)
class ExchangeData:
    """All that is known of exchanges, for tables and pages.

    ``written`` has a row for each file and each of its ``writers``, by position. In it,
    ``was_right`` is false if the writer itself is known not to read its file as it should, and
    ``must_refuse`` is true for a file that should be refused.
    """

    readings: Readings = field(default_factory=Readings)
    writers: Sequence[Pair] = ()
    written: pd.DataFrame = field(default_factory=lambda: _written([]))

    @property
    def readers(self) -> Sequence[Pair]:
        """The releases that have read files, or for which that was inferred, in their order."""
        return self.readings.readers

    @cached_property
    def measured_readers(self) -> Sequence[Pair]:
        """The readers of which at least one reading was measured."""
        measured = self.readings.frame.loc[~self.readings.frame["inferred"], "reader"]
        return [self.readers[place] for place in sorted(measured.unique())]

    @cached_property
    def _right(self) -> pd.DataFrame:
        """The rows of ``written`` whose writers read their files as they should."""
        return self.written[self.written["was_right"]]

    def met_in(self, format_name: str) -> pd.DataFrame:
        """A row for each file in a format, each of its writers that reads it, and each reader.

        The columns are those of ``written`` and of the readings, and the traits of the behaviour. A
        file that its own writer does not read proves nothing about a reader and is left out. There
        are several times as many rows as readings, so they are made for one format at a time.
        """
        in_format = np.array([entry.format == format_name for entry in self.readings.files], bool)
        right = self._right[in_format[self._right["file"]]]
        frame = self.readings.frame[in_format[self.readings.frame["file"]]]
        written, read = _of_one_file(right["file"].to_numpy(), frame["file"].to_numpy())
        met = {name: right[name].to_numpy()[written] for name in ("file", "writer", "must_refuse")}
        for name in ("reader", "behaviour", "inferred"):
            met[name] = frame[name].to_numpy()[read]
        traits, places = self.readings.traits, met["behaviour"]
        return pd.DataFrame(
            met | {str(name): traits[name].to_numpy()[places] for name in traits}, copy=False
        )

    @cached_property
    def counts(self) -> pd.DataFrame:
        """How many files of each writer in each format a reader reads with each behaviour.

        There is a row for each combination of ``format`` (its position among `EXCHANGED_FORMATS`),
        ``writer``, ``reader``, ``behaviour``, ``inferred`` and ``must_refuse`` that occurs. It has
        the number of ``files``, and the traits of the behaviour.
        """
        found = [
            self._counts(self.met_in(name)).assign(format=place)
            for place, name in enumerate(EXCHANGED_FORMATS)
        ]
        counts = pd.concat(found, ignore_index=True)
        traits = self.readings.traits.take(counts["behaviour"].to_numpy()).reset_index(drop=True)
        return counts.join(traits)

    def _counts(self, met: pd.DataFrame) -> pd.DataFrame:
        """How often each combination of writer, reader, behaviour and ``inferred`` occurs."""
        sizes = {
            "writer": len(self.writers),
            "reader": len(self.readers),
            "behaviour": len(self.readings.behaviours),
            "inferred": 2,
            "must_refuse": 2,
        }
        kinds = np.zeros(len(met), dtype=np.int64)
        for name, size in sizes.items():
            kinds *= size
            kinds += met[name].to_numpy()
        kinds, files = np.unique(kinds, return_counts=True)
        found = dict(zip(sizes, np.unravel_index(kinds, list(sizes.values())), strict=True))
        return pd.DataFrame(found | {"files": files})

    def counts_in(self, format_name: str) -> pd.DataFrame:
        """Those of `counts` in a format."""
        return self.counts[self.counts["format"] == EXCHANGED_FORMATS.index(format_name)]

    @cached_property
    def wrong_files(self) -> Sequence[tuple[int, int]]:
        """The files that a reader, unlike their writer, did not read as it should.

        Each is there once for each way in which that happened, as ``alike`` (see `Readings`).
        """
        frame, traits = self.readings.frame, self.readings.traits
        is_wrong = ~traits["right"].to_numpy()[frame["behaviour"]]
        is_wrong &= frame["file"].isin(self._right["file"])
        wrong = frame[is_wrong]
        alike = traits["alike"].to_numpy()[wrong["behaviour"]]
        found = pd.DataFrame({"file": wrong["file"], "alike": alike}).drop_duplicates()
        return list(zip(found["file"].tolist(), found["alike"].tolist(), strict=True))

    @cached_property
    def sound_files_by_writer(self) -> Mapping[tuple[int, str], int]:
        """The number of files that a writer, by position, wrote in a format and reads itself."""
        return self._by_writer(self._right[~self._right["must_refuse"]])

    @cached_property
    def files_to_refuse_by_writer(self) -> Mapping[tuple[int, str], int]:
        """The number of files that a writer, by position, wrote in a format and rightly refuses."""
        return self._by_writer(self._right[self._right["must_refuse"]])

    @cached_property
    def files_by_writer(self) -> Mapping[tuple[int, str], int]:
        """The number of files that a writer, by position, wrote in a format."""
        return self._by_writer(self.written)

    def _by_writer(self, written: pd.DataFrame) -> Mapping[tuple[int, str], int]:
        return Counter(
            (writer, self.readings.files[file].format)
            for writer, file in records(written, "writer", "file")
        )

    @cached_property
    def sound_writers(self) -> Mapping[int, Collection[Pair]]:
        """The writers of each file, by position, that read it themselves."""
        found: dict[int, set[Pair]] = {}
        for file, writer in records(self._right, "file", "writer"):
            found.setdefault(file, set()).add(self.writers[writer])
        return found

    @cached_property
    def sound_files(self) -> frozenset[int]:
        """The positions of the files that some release reads as it should, or their own writer."""
        good = [each.outcome in GOOD_OUTCOMES for each in self.readings.behaviours]
        numbers = [number for number, is_good in enumerate(good) if is_good]
        frame = self.readings.frame
        read = frame["file"][frame["behaviour"].isin(numbers)]
        return frozenset(map(int, {*read, *self._right["file"]}))

    @cached_property
    def unread(self) -> list[UnreadFile]:
        """The files that no release reads as it should, of those that have tried."""
        writers: dict[tuple[str, str], list[Pair]] = {}
        known = set(self.written["file"]) & set(self.readings.frame["file"])
        for place in sorted(known - self.sound_files):
            entry = self.readings.files[place]
            writers.setdefault((entry.format, entry.case), []).extend(entry.pairs)
        return [
            UnreadFile(case, format_name, sorted(pairs))
            for (format_name, case), pairs in sorted(writers.items())
        ]

    def of(self, writers: Collection[Pair], readers: Collection[Pair]) -> ExchangeData:
        """The part that is about some writers and readers; ``was_right`` stays as it is."""
        wanted = {place for place, pair in enumerate(self.writers) if pair in writers}
        written = self.written[self.written["writer"].isin(wanted)]
        return ExchangeData(self.readings.of_readers(readers), self.writers, written)

    def loads(self) -> tuple[int, int]:
        """How many loads were measured, and how many were inferred from them."""
        inferred = self.readings.frame["inferred"]
        return int((~inferred).sum()), int(inferred.sum())


class UnreadFile(NamedTuple):
    """Writers whose files of a case and format nobody reads, not even they themselves."""

    case: str
    format: str
    writers: Sequence[Pair]


def exchange_of(
    measured: Readings, own_results: Iterable[Result], rules: PairRules
) -> ExchangeData:
    """All that is known of exchanges, with what can be inferred from measured readings.

    ``own_results`` are those of the writers' own round trips.
    """
    readings = with_inferred(measured, rules.natural_of_both(), rules.catalogue)
    return exchange_data(readings, own_results)


def exchange_data(readings: Readings, own_results: Iterable[Result]) -> ExchangeData:
    """All that is known of exchanges; ``own_results`` are those of the writers' own round trips."""
    own_cells = {result.pair: result.cells for result in own_results}
    writers = sorted({pair for entry in readings.files for pair in entry.pairs})
    positions = {pair: place for place, pair in enumerate(writers)}
    contracts = _contracts(readings, own_cells.values())
    rows = [
        (place, positions[pair], _is_right(own_cells.get(pair, {}).get(key)), key in contracts)
        for place, entry in enumerate(readings.files)
        for key in [(entry.case, entry.format)]
        for pair in entry.pairs
    ]
    return _judged_by_own_reading(ExchangeData(readings, writers, _written(rows)))


def _contracts(
    readings: Readings, own_cells: Iterable[Mapping[CellKey, Cell]]
) -> Collection[CellKey]:
    """The cases and formats whose files should be refused: some release refuses or accepts them."""
    is_contract = np.array(
        [each.outcome in CONTRACT_OUTCOMES for each in readings.behaviours], bool
    )
    frame = readings.frame
    files = frame["file"].to_numpy()[is_contract[frame["behaviour"]]]
    entries = (readings.files[place] for place in np.unique(files))
    return {(entry.case, entry.format) for entry in entries} | {
        key
        for cells in own_cells
        for key, cell in cells.items()
        if cell.outcome in CONTRACT_OUTCOMES
    }


def _is_right(own: Cell | None) -> bool:
    return own is None or own.outcome in GOOD_OUTCOMES


def _judged_by_own_reading(data: ExchangeData) -> ExchangeData:
    """The same data; a writer that has read its own file as a reader is judged by that, too.

    Only a reading shows warnings, which a writer may raise for its own files as well. An inferred
    reading of a writer's own file counts like a measured one.
    """
    right = data.readings.traits["right"].to_numpy()
    places = {place: data.writers.index(pair) for place, pair in enumerate(data.readers)
              if pair in data.writers}  # fmt: skip
    frame = data.readings.frame
    wrong = frame[~right[frame["behaviour"]] & frame["reader"].isin(places)]
    own = wrong.assign(writer=wrong["reader"].map(places))
    failed = pd.MultiIndex.from_frame(own[["file", "writer"]])
    is_failed = pd.MultiIndex.from_frame(data.written[["file", "writer"]]).isin(failed)
    written = data.written.assign(was_right=data.written["was_right"] & ~is_failed)
    return ExchangeData(data.readings, data.writers, written)


def _of_one_file(
    written: npt.NDArray[np.int32], read: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """All pairs of a place in ``written`` and a place in ``read`` that have the same file.

    Merging two tables would find them, too, but copies all columns at once: twice the memory.
    """
    order = np.argsort(read, kind="stable").astype(np.int32)
    in_order = read[order]
    first = np.searchsorted(in_order, written, side="left")
    counts = np.searchsorted(in_order, written, side="right") - first
    before = np.cumsum(counts) - counts
    row = np.repeat(np.arange(len(written), dtype=np.int32), counts)
    place = np.arange(len(row), dtype=np.int32) + (first - before).astype(np.int32)[row]
    return row, order[place]
