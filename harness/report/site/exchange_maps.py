"""Maps of exchanges: releases that wrote files (down) by releases that read them (across).

Releases next to each other whose files fare alike share a row, and readers next to each other that
fare alike share a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from harness.exchange.data import ExchangeData
from harness.exchange.readings import is_right
from harness.exchange.table import Meeting, meetings
from harness.releases.pair import Pair, display_key, span_in_words
from harness.results.signatures import Signature

#: Takes the place of the outcome where all files pass, but parts of some are left out.
PART_SKIPPED = "part-skipped"


class MapCell(NamedTuple):
    """How a reader reads the files of a writer.

    ``label`` is the worst outcome, or the exact behaviour in the map of a single case. In
    ``wrong`` of ``cases`` the file is not read as it should be, in ``silent`` of them without an
    exception; ``loud`` is the worst outcome of the others. ``inferred`` says that no case was
    measured, ``is_partial`` that more files are not known. Of releases that share a cell, some have
    fewer cases than others: ``fewest``, which is 0 where all have as many.
    """

    outcome: str
    label: str
    wrong: int
    cases: int
    inferred: bool
    is_partial: bool = False
    silent: int = 0
    loud: str = ""
    fewest: int = 0

    @property
    def among(self) -> str:
        """How many cases there are: "73", or "61 to 65" where that differs among the releases."""
        return f"{self.fewest} to {self.cases}" if self.fewest else str(self.cases)

    @property
    def likeness(self) -> tuple[object, ...]:
        """What is equal for cells that look the same; the number of cases may differ."""
        return *self[:3], self.is_partial, self.silent, self.loud

    @property
    def parts(self) -> list[tuple[str, int]]:
        """How many cases are wrong, those with an exception first, each with the worst outcome."""
        if not 0 < self.silent < self.wrong:
            return [(self.outcome, self.wrong)]
        return [(self.loud, self.wrong - self.silent), (self.outcome, self.silent)]


#: A row for each writer and in it a cell for each reader; None where nothing is known.
Rows = Sequence[Sequence[MapCell | None]]


class Grid(NamedTuple):
    """The cells of each writer and each reader: Keras, then tf-keras, the newest first."""

    writers: Sequence[Pair]
    readers: Sequence[Pair]
    rows: Rows


def grid_of(cells: Mapping[tuple[Pair, Pair], MapCell]) -> Grid:
    """The grid of cells that are given by writer and reader."""
    writers = sorted({writer for writer, _ in cells}, key=display_key, reverse=True)
    readers = sorted({reader for _, reader in cells}, key=display_key, reverse=True)
    rows = [[cells.get((writer, reader)) for reader in readers] for writer in writers]
    return Grid(writers, readers, rows)


class Group(NamedTuple):
    """Releases next to each other that fare alike."""

    pairs: Sequence[Pair]

    @property
    def name(self) -> str:
        """The releases in words."""
        return span_in_words(self.pairs)


class MapRow(NamedTuple):
    """The writers of a row, and a cell for each group of readers; None where nothing is known."""

    writers: Group
    cells: Sequence[MapCell | None]


class ExchangeMap(NamedTuple):
    """A map, in the order of its grid."""

    readers: Sequence[Group]
    rows: Sequence[MapRow]


def format_map(data: ExchangeData, format_name: str) -> ExchangeMap:
    """The map of all cases in a format.

    Left out is what is right so far, but not known in full.
    """
    cells = {
        key: MapCell(
            _outcome(meeting), _outcome(meeting), meeting.wrong, meeting.cases,
            meeting.inferred == meeting.cases, bool(meeting.unknown), meeting.silent, meeting.loud,
        )
        for key, meeting in meetings(data, format_name).items()
        if meeting.wrong or not meeting.unknown
    }  # fmt: skip
    return grouped(grid_of(cells))


def files_counted(data: ExchangeData, format_name: str, writers: Sequence[Pair]) -> str:
    """How many of the files of writers in a format count: "79 of 88", "54 to 62 of 85"."""
    places = [(data.writers.index(pair), format_name) for pair in writers]
    counted, written = (
        sorted({numbers[place] for place in places})
        for numbers in (data.sound_files_by_writer, data.files_by_writer)
    )
    return f"{_range(counted)} of {_range(written)}"


def _range(numbers: Sequence[int]) -> str:
    first, last = numbers[0], numbers[-1]
    return str(first) if first == last else f"{first} to {last}"


def _outcome(meeting: Meeting) -> str:
    is_skipped = meeting.wrong and meeting.outcome == "pass"
    return PART_SKIPPED if is_skipped else meeting.outcome


class CaseMaps(NamedTuple):
    """A map that several cases have in a format."""

    map: ExchangeMap
    cases: Sequence[str]


def case_maps(data: ExchangeData, format_name: str) -> list[CaseMaps]:
    """The maps of the single cases in a format, equal ones once, those of most cases first.

    Cases whose files are read by everybody that was asked are left out.
    """
    met = data.met_in(format_name)
    names = met["file"].map({place: entry.case for place, entry in enumerate(data.readings.files)})
    wrong_cases = set(names[~met["right"]])
    labels = [each.label for each in data.readings.behaviours]
    first = {label: place for place, label in reversed(list(enumerate(labels)))}
    alike = met.assign(behaviour=met["behaviour"].map(lambda place: first[labels[place]]))
    columns = ["writer", "reader", "behaviour", "inferred"]
    rows_of = {
        str(case): rows[columns].sort_values(["writer", "reader"]).to_numpy()
        for case, rows in alike.groupby(names)
    }
    by_map: dict[bytes, list[str]] = {}
    for case in sorted(wrong_cases):
        by_map.setdefault(rows_of[case].tobytes(), []).append(case)
    found = [
        CaseMaps(grouped(_grid_of_case(data, rows_of[cases[0]].tolist())), cases)
        for cases in by_map.values()
    ]
    return sorted(found, key=lambda maps: (-len(maps.cases), maps.cases))


def _grid_of_case(data: ExchangeData, met: Sequence[Sequence[int]]) -> Grid:
    """The grid of one case, from the positions of writer, reader and behaviour."""
    writers, readers = (
        sorted({row[place] for row in met}, key=lambda each: display_key(pairs[each]), reverse=True)
        for place, pairs in enumerate((data.writers, data.readers))
    )
    row_of, place_of = (
        {position: place for place, position in enumerate(positions)}
        for positions in (writers, readers)
    )
    made = {
        (behaviour, inferred): _cell(data.readings.behaviours[behaviour], bool(inferred))
        for behaviour, inferred in {(row[2], row[3]) for row in met}
    }
    rows: list[list[MapCell | None]] = [[None] * len(readers) for _ in writers]
    for writer, reader, behaviour, inferred in met:
        rows[row_of[writer]][place_of[reader]] = made[behaviour, inferred]
    return Grid([data.writers[each] for each in writers], [data.readers[each] for each in readers],
                rows)  # fmt: skip


def _cell(behaviour: Signature, inferred: bool) -> MapCell:
    """The cell of one file in the map of a single case."""
    right = is_right(behaviour)
    if behaviour.outcome == "pass" and not right:
        return MapCell(PART_SKIPPED, "a part is skipped with a warning", 1, 1, inferred)
    return MapCell("pass" if right else behaviour.outcome, behaviour.label, 1 - right, 1, inferred)


def grouped(grid: Grid) -> ExchangeMap:
    """The map of a grid, with neighbours that fare alike as one."""
    likeness = {cell: cell and cell.likeness for row in grid.rows for cell in set(row)}
    likenesses = [[likeness[cell] for cell in row] for row in grid.rows]
    columns = _groups(grid.readers, list(zip(*likenesses, strict=True)))
    rows = _groups(grid.writers, likenesses)
    return ExchangeMap(
        [_group(grid.readers, column) for column in columns],
        [
            MapRow(
                _group(grid.writers, row),
                [_joined(grid.rows[row], column) for column in columns],
            )
            for row in rows
        ],
    )


def _groups(pairs: Sequence[Pair], likenesses: Sequence[object]) -> list[slice]:
    """Where pairs next to each other have equal likenesses."""
    lineages = [pair.lineage for pair in pairs]
    sizes = [len(list(group)) for _, group in groupby(zip(lineages, likenesses, strict=True))]
    ends = list(accumulate(sizes, initial=0))
    return [slice(start, end) for start, end in pairwise(ends)]


def _group(pairs: Sequence[Pair], place: slice) -> Group:
    """A group of pairs, with its oldest pair first."""
    return Group(pairs[place][::-1])


def _joined(rows: Rows, readers: slice) -> MapCell | None:
    """The cell of some rows and readers, all of whose cells are alike.

    It is inferred if all of them are.
    """
    found = {cell for row in rows for cell in row[readers] if cell is not None}
    if not found:
        return None
    most, fewest = (choice(cell.cases for cell in found) for choice in (max, min))
    return next(iter(found))._replace(
        cases=most,
        inferred=all(cell.inferred for cell in found),
        fewest=fewest if fewest < most else 0,
    )
