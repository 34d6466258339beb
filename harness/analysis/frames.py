"""Data frames: one long table of all results, from which everything else is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pandas as pd

from harness.releases.catalogue import Catalogue
from harness.results.model import (
    CONTRACT_OUTCOMES,
    FORMATS,
    PAIR_OUTCOMES,
    SCRIPT,
    Cell,
    CellKey,
    Result,
)
from harness.results.signatures import raising_frame, signature_of, signature_of_pair

COLUMNS = (
    "pair", "lineage", "keras", "tensorflow", "python", "released", "case", "format", "outcome",
    "phase", "type", "message", "note", "module", "function", "seconds", "label", "flaky",
    "signature",
)  # fmt: skip


def long_table(results: Iterable[Result], catalogue: Catalogue) -> pd.DataFrame:
    """Return one row for each cell, ordered by pair, case and format; its columns are `COLUMNS`.

    A pair without an environment has a single row with its outcome and without case and format.
    """
    rows = (row for result in results for row in _rows(result, catalogue))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    formats = [*FORMATS, SCRIPT] if SCRIPT in set(frame["format"]) else list(FORMATS)
    frame["format"] = pd.Categorical(frame["format"], categories=formats, ordered=True)
    return frame


def records(frame: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """The values of some columns, row by row.

    Iterating over a column of texts itself takes fifteen times as long.
    """
    return zip(*(frame[column].tolist() for column in columns), strict=True)


def only_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a long table that are about cells."""
    return frame[~frame["outcome"].isin(PAIR_OUTCOMES)]


def without_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a long table that are about pairs without an environment."""
    return frame[frame["outcome"].isin(PAIR_OUTCOMES)]


def contract_keys(frame: pd.DataFrame) -> frozenset[CellKey]:
    """Return the cells whose file a release should refuse: those refused or accepted in any pair.

    A case can be a contract in some of its formats only.
    """
    return frozenset(_keys(frame[frame["outcome"].isin(CONTRACT_OUTCOMES)]))


def has_key_in(frame: pd.DataFrame, keys: Collection[CellKey]) -> pd.Series[bool]:
    """Return for each row of a long table whether its case and format are among ``keys``."""
    return pd.Series([key in keys for key in _keys(frame)], index=frame.index, dtype=bool)


def _keys(frame: pd.DataFrame) -> Iterator[CellKey]:
    return zip(frame["case"].tolist(), frame["format"].astype(str).tolist(), strict=True)


def wide_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the labels with a row for each case and format, and a column for each pair.

    The label of an unknown cell is empty. The column of a pair without an environment has the
    outcome of the pair in every row.
    """
    wide = only_cells(frame).pivot(index=["case", "format"], columns="pair", values="label")
    pairs = without_cells(frame)
    wide = wide.fillna("").assign(**dict(zip(pairs["pair"], pairs["label"], strict=True)))
    return wide[list(dict.fromkeys(frame["pair"]))].sort_index()


def _rows(result: Result, catalogue: Catalogue) -> Iterator[tuple[Any, ...]]:
    """Return the rows of one pair, with values in the order of `COLUMNS`."""
    release = catalogue.find(result.pair.lineage, result.pair.keras)
    common = (
        result.pair.id,
        result.pair.lineage,
        str(result.pair.keras),
        str(result.pair.tensorflow),
        result.pair.python,
        release.uploaded.date().isoformat() if release else "",
    )
    if result.outcome:
        signature = signature_of_pair(result)
        yield (
            *common, "", None, result.outcome, "", "", "", result.reason, "", "", 0.0,
            signature.label, "", signature,
        )  # fmt: skip
        return
    for key in sorted(result.cells):
        yield (*common, *key, *_cell_values(result.cells[key]))


def _cell_values(cell: Cell) -> tuple[Any, ...]:
    """Return the values of a cell from the column ``outcome`` on."""
    signature = signature_of(cell)
    exception_type, message, module, function = "", "", "", ""
    if cell.error:
        exception_type, message = cell.error["type"], cell.error["message"]
        module, function = raising_frame(cell.error)
    flaky = str(cell.flaky["message"] or cell.flaky["type"]) if cell.flaky else ""
    return (
        cell.outcome, cell.phase, exception_type, message, cell.note, module, function,
        cell.seconds, signature.label, flaky, signature,
    )  # fmt: skip
