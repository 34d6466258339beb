"""The tables: pandas reads every result into one long table, and everything else is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from harness.releases.catalogue import Catalogue
from harness.results.model import FORMATS, PAIR_OUTCOMES, Cell, Result
from harness.results.signatures import raising_frame, signature_of, signature_of_pair

COLUMNS = (
    "pair", "lineage", "keras", "tensorflow", "python", "released", "case", "format", "outcome",
    "phase", "type", "message", "note", "module", "function", "seconds", "label", "flaky",
    "signature",
)  # fmt: skip


def long_table(results: Iterable[Result], catalogue: Catalogue) -> pd.DataFrame:
    """One row a cell, ordered by pair, case and format; `COLUMNS` are its columns.

    A pair without an environment has one row, with its outcome, no case and no format.
    """
    rows = (row for result in results for row in _rows(result, catalogue))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["format"] = pd.Categorical(frame["format"], categories=list(FORMATS), ordered=True)
    return frame


def only_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """A long table without the rows of pairs that have no environment."""
    return frame[~frame["outcome"].isin(PAIR_OUTCOMES)]


def without_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a long table of pairs that have no environment."""
    return frame[frame["outcome"].isin(PAIR_OUTCOMES)]


def wide_table(frame: pd.DataFrame) -> pd.DataFrame:
    """The labels, case and format by pair; what is not known is the empty string.

    A pair without an environment has its outcome in every row.
    """
    whole = without_cells(frame)
    wide = only_cells(frame).pivot(index=["case", "format"], columns="pair", values="label")
    wide = wide.fillna("").assign(**dict(zip(whole["pair"], whole["label"], strict=True)))
    return wide[list(dict.fromkeys(frame["pair"]))].sort_index()


def _rows(result: Result, catalogue: Catalogue) -> Iterator[tuple[Any, ...]]:
    """The rows of one pair, in the order of `COLUMNS`."""
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
        yield (*common, *key, *_of_cell(result.cells[key]))


def _of_cell(cell: Cell) -> tuple[Any, ...]:
    signature = signature_of(cell)
    kind, message, module, function = "", "", "", ""
    if cell.error:
        kind, message = cell.error["type"], cell.error["message"]
        module, function = raising_frame(cell.error)
    flaky = str(cell.flaky["message"] or cell.flaky["type"]) if cell.flaky else ""
    return (
        cell.outcome, cell.phase, kind, message, cell.note, module, function, cell.seconds,
        signature.label, flaky, signature,
    )  # fmt: skip
