"""Inference: what a release makes of a file where the releases before and after it agree.

A release that has not read a file is taken to read it as its neighbours do, if these read that very
file alike: the nearest release that it was developed from, and the nearest that was developed from
it. Where the two differ, the file has to be read. An inferred reading is always marked: a patch
release can differ from both of its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.exchange.readings import COLUMNS, Readings
from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.results.model import CellKey

#: A table with a row for each file and a column for each reader: a behaviour, or `_UNKNOWN`.
_Table = npt.NDArray[np.int32]
_UNKNOWN = -1


@dataclass(frozen=True)
class Neighbours:
    """The older and the newer readers from which a reading can be inferred, the nearest first."""

    older: Sequence[Pair]
    newer: Sequence[Pair]


def neighbours_of(readers: Sequence[Pair], catalogue: Catalogue) -> Mapping[Pair, Neighbours]:
    """The neighbours of each reader, among readers of its lineage that it shares a branch with.

    Where several readers have one release, the last of them stands for it, and the others are left
    out.
    """
    found: dict[Pair, Neighbours] = {}
    for lineage in sorted({pair.lineage for pair in readers}):
        pairs = {pair.keras: pair for pair in readers if pair.lineage == lineage}
        branches = ReleaseBranches(pairs, catalogue, lineage)
        ancestors = {version: branches.ancestors(version)[::-1] for version in pairs}
        for version, pair in pairs.items():
            newer = [other for other in sorted(pairs) if version in ancestors[other]]
            found[pair] = Neighbours(
                [pairs[other] for other in ancestors[version]], [pairs[other] for other in newer]
            )
    return found


def with_inferred(readings: Readings, natural: Sequence[Pair], catalogue: Catalogue) -> Readings:
    """The readings, and those of natural pairs that can be inferred from them."""
    pairs = _measured_first(readings.readers, natural)
    table = _table(readings, len(pairs))
    rows = []
    for place, behaviours in _inferred(table, pairs, natural, natural, catalogue):
        files = np.flatnonzero((behaviours != _UNKNOWN) & (table[:, place] == _UNKNOWN))
        row = {"file": files, "reader": place, "behaviour": behaviours[files], "inferred": True}
        rows.append(pd.DataFrame(row))
    frame = pd.concat([readings.frame, *rows], ignore_index=True).astype(COLUMNS)
    order = sorted(range(len(pairs)), key=lambda place: pairs[place])
    places = np.argsort(order).astype("int32")
    return replace(
        readings,
        readers=[pairs[place] for place in order],
        frame=frame.assign(reader=places[frame["reader"]]),
    )


def undecided(
    readings: Readings, readers: Sequence[Pair], natural: Sequence[Pair], catalogue: Catalogue
) -> dict[Pair, set[CellKey]]:
    """For each reader, the cells whose outcome cannot be inferred, whether measured or not."""
    pairs = _measured_first(readings.readers, [*natural, *readers])
    table = _table(readings, len(pairs))
    return {
        pairs[place]: {
            readings.files[int(file)].cell_key for file in np.flatnonzero(behaviours == _UNKNOWN)
        }
        for place, behaviours in _inferred(table, pairs, natural, readers, catalogue)
    }


def _measured_first(measured: Sequence[Pair], others: Sequence[Pair]) -> list[Pair]:
    return list(dict.fromkeys([*measured, *others]))


def _table(readings: Readings, readers: int) -> _Table:
    table = np.full((len(readings.files), readers), _UNKNOWN, dtype=np.int32)
    frame = readings.frame[~readings.frame["inferred"]]
    table[frame["file"], frame["reader"]] = frame["behaviour"]
    return table


def _inferred(
    table: _Table,
    pairs: Sequence[Pair],
    natural: Sequence[Pair],
    readers: Sequence[Pair],
    catalogue: Catalogue,
) -> Iterator[tuple[int, _Table]]:
    """For each of ``readers``: its place in ``pairs``, and how it should read each file.

    ``pairs`` are the columns of the table, and ``readers`` are natural pairs. A reading is inferred
    from the neighbours alone, even if the reader has read the file; it is `_UNKNOWN` where they
    differ or have not read it. Where several pairs have one release, the natural one stands for it.
    """
    neighbours = neighbours_of([*pairs, *natural], catalogue)
    places = {pair: place for place, pair in enumerate(pairs)}
    for reader in readers:
        older, newer = (
            _nearest_known(table[:, [places[pair] for pair in side]])
            for side in (neighbours[reader].older, neighbours[reader].newer)
        )
        yield places[reader], np.where(older == newer, older, _UNKNOWN)


def _nearest_known(columns: _Table) -> _Table:
    """In each row, the first value that is known."""
    if not columns.shape[1]:
        return np.full(len(columns), _UNKNOWN, dtype=np.int32)
    first = np.argmax(columns != _UNKNOWN, axis=1)
    return np.asarray(columns[np.arange(len(columns)), first], dtype=np.int32)
