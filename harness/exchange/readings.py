"""Readings: how readers read saved files, as columns.

There are many: as many as files in the corpus times readers. So they are one table of numbers,
which are positions in lists of files, readers and behaviours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from harness.analysis.change_kinds import ChangeKind, kind_of, severity
from harness.analysis.frames import records
from harness.exchange.corpus import WriterClass
from harness.exchange.likeness import pattern_of
from harness.exchange.reading import of_present_code, reading_codes
from harness.execution.cases import Case
from harness.releases.pair import Pair
from harness.results import columns, store
from harness.results.document import DamagedResult, exception_from_json
from harness.results.model import CELL_OUTCOMES, GOOD_OUTCOMES, Cell, Result
from harness.results.signatures import Signature, signature_of

#: The columns of `Readings.frame` and their types.
COLUMNS = {"file": "int32", "reader": "int32", "behaviour": "int32", "inferred": "bool"}
#: The outcomes of a cell; the worst come last.
OUTCOMES = sorted(CELL_OUTCOMES, key=severity)
#: Outcomes of a reader that gives another model than the saved one, without an exception.
SILENT_OUTCOMES = ("mismatch", "accepted")


@dataclass(frozen=True)
class Readings:
    """How readers read the files of a corpus.

    ``frame`` has a row for each file and each reader of it. Its numbers are positions in ``files``,
    ``readers`` and ``behaviours``; ``inferred`` marks a row that was not measured. It has no rows
    for files whose format a reader does not know; ``unable`` are these readers and formats.
    """

    files: Sequence[WriterClass] = ()
    readers: Sequence[Pair] = ()
    behaviours: Sequence[Signature] = ()
    frame: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
        )
    )
    unable: frozenset[tuple[Pair, str]] = frozenset()

    @cached_property
    def traits(self) -> pd.DataFrame:
        """What each behaviour means: ``right``, ``silent``, and ``rank`` among `OUTCOMES`.

        A behaviour is right if the file was read as its writer meant it, or was rightly refused.
        ``alike`` is the position of the first behaviour with the same label and a like message: the
        raising frame and names of the case do not matter.
        """
        first: dict[tuple[str, str], int] = {}
        return pd.DataFrame(
            {
                "right": [is_right(behaviour) for behaviour in self.behaviours],
                "silent": [each.outcome in SILENT_OUTCOMES for each in self.behaviours],
                "rank": [_rank(each) for each in self.behaviours],
                "alike": [
                    first.setdefault((each.label, pattern_of(each)), place)
                    for place, each in enumerate(self.behaviours)
                ],
            }
        ).astype({"right": "bool", "silent": "bool", "rank": "int8", "alike": "int32"})

    def of_readers(self, readers: Collection[Pair]) -> Readings:
        """The readings of some readers only; the positions do not change."""
        wanted = [place for place, pair in enumerate(self.readers) if pair in readers]
        return replace(self, frame=self.frame[self.frame["reader"].isin(wanted)])


def _rank(behaviour: Signature) -> int:
    return OUTCOMES.index("pass" if is_right(behaviour) else behaviour.outcome)


def behaviour_of(cell: Cell) -> Signature:
    """The behaviour in a cell; a warning that a part was skipped belongs to it."""
    return Signature("pass", "Warning", cell.note) if cell.note else signature_of(cell)


def is_right(behaviour: Signature) -> bool:
    """Whether a file was read as its writer meant it, or was rightly refused."""
    return behaviour.outcome in GOOD_OUTCOMES and behaviour.type != "Warning"


def kind_of_reading(before: Signature, after: Signature) -> ChangeKind:
    """The kind of a change; that a part was skipped with a warning is as bad as an exception."""
    old, new = (
        Signature("load-error") if each.outcome == "pass" and not is_right(each) else each
        for each in (before, after)
    )
    return kind_of(old, new)


def stored_readings(
    folder: Path, files: Sequence[WriterClass], codes: Mapping[str, str]
) -> tuple[Readings, list[DamagedResult]]:
    """The stored readings of files by the present code, and damaged results.

    ``codes`` are those of `reading_codes`.
    """
    parts: list[tuple[Pair, pa.Table]] = []
    damaged: list[DamagedResult] = []
    for path in store.paths_in(folder):
        try:
            found = columns.read_columns(path.read_bytes(), path.name)
            parts.append((found.pair, found.table))
        except DamagedResult as damage:
            damaged.append(damage)
    return _joined(parts, files, codes), damaged


def present_readings(
    folder: Path, files: Iterable[WriterClass], cases: Sequence[Case]
) -> tuple[Readings, list[DamagedResult]]:
    """The stored readings of files, and damaged results.

    Files and readings count if the present code of these cases has made them.
    """
    return stored_readings(folder, of_present_code(files, cases), reading_codes(cases))


def readings_of(results: Iterable[Result], files: Sequence[WriterClass]) -> Readings:
    """The readings in results, whichever code made them."""
    return _joined([(result.pair, columns.table_of(result)) for result in results], files, None)


def _joined(
    parts: Sequence[tuple[Pair, pa.Table]],
    files: Sequence[WriterClass],
    codes: Mapping[str, str] | None,
) -> Readings:
    """The readings of several readers; with ``codes``, only those made by this code."""
    parts = sorted(parts, key=lambda part: part[0])
    places = {entry.cell_key: place for place, entry in enumerate(files)}
    behaviours: dict[Signature, int] = {}
    frames, unable = [], set()
    for reader, (pair, table) in enumerate(parts):
        errors = table.column("error").combine_chunks()
        cells = _cells(table, errors, places, codes)
        unable |= {(pair, name) for name in _unable(cells)}
        cells = cells[cells["outcome"] != "unsupported"]
        frames.append(_frame(cells, reader, errors, behaviours))
    if not frames:
        return Readings(files)
    return Readings(
        files,
        [pair for pair, _ in parts],
        list(behaviours),
        pd.concat(frames, ignore_index=True),
        frozenset(unable),
    )


def _cells(
    table: pa.Table,
    errors: pa.DictionaryArray,
    places: Mapping[tuple[str, str], int],
    codes: Mapping[str, str] | None,
) -> pd.DataFrame:
    """The cells of one reader that count, with the position of each ``file``.

    The column ``error`` has positions in ``errors``, whose texts are long.
    """
    columns = ["case", "format", "outcome", "digest", "note"]
    cells: pd.DataFrame = table.select(columns).to_pandas()
    cells["error"] = errors.indices.to_numpy()
    cells["file"] = [places.get(key, -1) for key in records(cells, "case", "format")]
    is_wanted = cells["file"] >= 0
    if codes is not None:
        is_wanted &= cells["digest"].astype(str) == cells["case"].map(codes).astype(str)
    return cells[is_wanted]


def _unable(cells: pd.DataFrame) -> set[str]:
    """The formats of which a reader does not support a single file."""
    is_unsupported = cells["outcome"] == "unsupported"
    unsupported, others = (
        {str(text).partition("@")[0] for text in cells.loc[chosen, "format"].unique()}
        for chosen in (is_unsupported, ~is_unsupported)
    )
    return unsupported - others


def _frame(
    cells: pd.DataFrame, reader: int, errors: pa.DictionaryArray, behaviours: dict[Signature, int]
) -> pd.DataFrame:
    """The rows of one reader; new behaviours are added to ``behaviours``."""
    by_behaviour = cells.groupby(["outcome", "note", "error"], observed=True, sort=False)
    group = by_behaviour.ngroup().to_numpy()
    _, first_rows = np.unique(group, return_index=True)
    numbers = [
        behaviours.setdefault(
            _signature(outcome, note, errors.dictionary[error].as_py()), len(behaviours)
        )
        for outcome, note, error in records(cells.iloc[first_rows], "outcome", "note", "error")
    ]
    return pd.DataFrame(
        {
            "file": cells["file"],
            "reader": reader,
            "behaviour": np.asarray(numbers, dtype=np.int32)[group],
            "inferred": False,
        }
    ).astype(COLUMNS)


@cache
def _signature(outcome: str, note: str, error: str) -> Signature:
    exception = exception_from_json(error) if error else None
    return behaviour_of(Cell("", "", outcome, "", note=note, error=exception))


def histories(readings: Readings) -> Iterator[tuple[int, dict[Pair, Signature]]]:
    """The position of each file that was read, and how each reader read it, as measured."""
    measured = readings.frame[~readings.frame["inferred"]].sort_values(["file", "reader"])
    rows = zip(*(measured[name].tolist() for name in ("file", "reader", "behaviour")), strict=True)
    for file, of_file in groupby(rows, key=itemgetter(0)):
        yield (
            file,
            {
                readings.readers[reader]: readings.behaviours[behaviour]
                for _, reader, behaviour in of_file
            },
        )
