"""Maps of exchanges: releases that wrote files (down) by releases that read them (across).

Releases next to each other whose files fare alike share a row, and readers next to each other that
fare alike share a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from harness.exchange.data import ExchangeData
from harness.exchange.readings import is_right
from harness.exchange.table import Meeting, meetings
from harness.releases.pair import Pair
from harness.results.signatures import Signature

#: Takes the place of the outcome where all files pass, but parts of some are left out.
PART_SKIPPED = "part-skipped"


class MapCell(NamedTuple):
    """What becomes of the files of a writer at a reader.

    ``label`` is the worst outcome, or the exact behaviour in the map of a single case. In
    ``wrong`` of ``cases`` the file is not read as it should be. ``inferred`` says that none of them
    was measured, ``is_partial`` that more files are not known.
    """

    outcome: str
    label: str
    wrong: int
    cases: int
    inferred: bool
    is_partial: bool = False

    @property
    def likeness(self) -> tuple[object, ...]:
        """What is equal where as many cases fail in the same way; not all writers write all."""
        return *self[:3], self.is_partial


#: The cells of a map by writer and reader.
Cells = Mapping[tuple[Pair, Pair], MapCell]


class Group(NamedTuple):
    """Releases next to each other that fare alike."""

    pairs: Sequence[Pair]

    @property
    def name(self) -> str:
        """The releases in words; the lineage is named where it is not Keras itself."""
        first, last = str(self.pairs[0].keras), str(self.pairs[-1].keras)
        lineage = "" if self.pairs[0].lineage == "keras" else f"{self.pairs[0].lineage} "
        return lineage + (first if first == last else f"{first} to {last}")


class MapRow(NamedTuple):
    """The writers of a row, and a cell for each group of readers; None where nothing is known."""

    writers: Group
    cells: Sequence[MapCell | None]


class ExchangeMap(NamedTuple):
    """A map; newest releases come first."""

    readers: Sequence[Group]
    rows: Sequence[MapRow]


def format_map(data: ExchangeData, format_name: str) -> ExchangeMap:
    """The map of all cases in a format.

    Left out is what is right so far, but not known in full.
    """
    return grouped(
        {
            key: MapCell(
                _outcome(meeting), _outcome(meeting), meeting.wrong, meeting.cases,
                meeting.inferred == meeting.cases, bool(meeting.unknown),
            )
            for key, meeting in meetings(data, format_name).items()
            if meeting.wrong or not meeting.unknown
        }
    )  # fmt: skip


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
        CaseMaps(grouped(_cells(data, rows_of[cases[0]].tolist())), cases)
        for cases in by_map.values()
    ]
    return sorted(found, key=lambda maps: (-len(maps.cases), maps.cases))


def _cells(data: ExchangeData, rows: Iterable[Sequence[int]]) -> Cells:
    """The cells of one case, from the positions of writer, reader and behaviour."""
    made: dict[tuple[int, int], MapCell] = {}
    cells = {}
    for writer, reader, behaviour, inferred in rows:
        kind = behaviour, inferred
        if kind not in made:
            made[kind] = _cell(data.readings.behaviours[behaviour], bool(inferred))
        cells[data.writers[writer], data.readers[reader]] = made[kind]
    return cells


def _cell(behaviour: Signature, inferred: bool) -> MapCell:
    """The cell of one file in the map of a single case."""
    right = is_right(behaviour)
    if behaviour.outcome == "pass" and not right:
        return MapCell(PART_SKIPPED, "a part is skipped with a warning", 1, 1, inferred)
    return MapCell("pass" if right else behaviour.outcome, behaviour.label, 1 - right, 1, inferred)


def grouped(cells: Cells) -> ExchangeMap:
    """The map that cells make, with neighbours that fare alike as one."""
    writers = sorted({writer for writer, _ in cells}, reverse=True)
    readers = sorted({reader for _, reader in cells}, reverse=True)
    likeness = {cell: cell.likeness for cell in set(cells.values())}
    likenesses = {key: likeness[cell] for key, cell in cells.items()}
    by_writer = [[likenesses.get((writer, reader)) for reader in readers] for writer in writers]
    columns = _groups(readers, list(zip(*by_writer, strict=True)))
    rows = _groups(writers, by_writer)
    return ExchangeMap(
        columns,
        [MapRow(row, [_joined(cells, row, column) for column in columns]) for row in rows],
    )


def _groups(pairs: Sequence[Pair], likenesses: Sequence[object]) -> list[Group]:
    """Groups of pairs next to each other with equal likenesses, each with its oldest pair first."""
    alike = groupby(
        zip(pairs, likenesses, strict=True), key=lambda each: (each[0].lineage, each[1])
    )
    return [Group([pair for pair, _ in group][::-1]) for _, group in alike]


def _joined(cells: Cells, writers: Group, readers: Group) -> MapCell | None:
    """The cell of two groups, all of whose cells are alike; it is inferred if all of them are."""
    found = [
        cell
        for writer in writers.pairs
        for reader in readers.pairs
        if (cell := cells.get((writer, reader))) is not None
    ]
    if not found:
        return None
    return found[0]._replace(
        cases=max(cell.cases for cell in found), inferred=all(cell.inferred for cell in found)
    )
