"""Maps of exchanges: releases that wrote files (down) by releases that read them (across).

Releases next to each other whose files fare alike share a row, and readers next to each other that
fare alike share a column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from harness.exchange.readings import is_right
from harness.exchange.table import ExchangeData, Meeting, meetings
from harness.releases.pair import Pair

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

    def is_like(self, other: MapCell | None) -> bool:
        """Whether as many cases fail in the same way; not all writers write all cases."""
        return other is not None and self[:3] == other[:3] and self.is_partial == other.is_partial


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
    cells = {}
    for writer, reader, behaviour, inferred in rows:
        signature = data.readings.behaviours[behaviour]
        right = is_right(signature)
        is_skipped = signature.outcome == "pass" and not right
        outcome = PART_SKIPPED if is_skipped else "pass" if right else signature.outcome
        label = "a part is skipped with a warning" if is_skipped else signature.label
        cells[data.writers[writer], data.readers[reader]] = MapCell(
            outcome, label, int(not right), 1, bool(inferred)
        )
    return cells


def grouped(cells: Cells) -> ExchangeMap:
    """The map that cells make, with neighbours that fare alike as one."""
    writers = sorted({writer for writer, _ in cells}, reverse=True)
    readers = sorted({reader for _, reader in cells}, reverse=True)
    columns = _groups(readers, lambda reader: [cells.get((writer, reader)) for writer in writers])
    rows = _groups(writers, lambda writer: [cells.get((writer, reader)) for reader in readers])
    return ExchangeMap(
        columns,
        [MapRow(row, [_joined(cells, row, column) for column in columns]) for row in rows],
    )


def _groups(
    pairs: Sequence[Pair], cells_of: Callable[[Pair], Sequence[MapCell | None]]
) -> list[Group]:
    """Groups of pairs next to each other that have like cells, each with its oldest pair first."""
    groups: list[Group] = []
    for _, lineage in groupby(pairs, key=lambda pair: pair.lineage):
        before: Sequence[MapCell | None] | None = None
        for pair in lineage:
            cells = cells_of(pair)
            if before is not None and _are_alike(before, cells):
                groups[-1] = Group([pair, *groups[-1].pairs])
            else:
                groups.append(Group([pair]))
            before = cells
    return groups


def _are_alike(one: Sequence[MapCell | None], other: Sequence[MapCell | None]) -> bool:
    return all(
        left is right or (left is not None and left.is_like(right))
        for left, right in zip(one, other, strict=True)
    )


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
