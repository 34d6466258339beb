"""The files of the data page: every cell as Parquet and as JSON lines, and the tables as CSV."""

from __future__ import annotations

import pandas as pd

from harness.report.site.content import CellContent
from harness.report.site.data_forms import json_lines, parquet

#: The columns of a cell, and what each of them holds.
SCHEMA = {
    "pair": "id of the pair",
    "lineage": "keras or tf-keras",
    "keras": "version of the Keras release",
    "tensorflow": "version of the TensorFlow release",
    "python": "minor version of Python",
    "released": "day on which the Keras release was published",
    "natural": "whether the TensorFlow release is the one that was current on that day",
    "case": "name of the case; empty in the single row of a pair that has no environment",
    "format": "how the model is saved and loaded; null in the row of such a pair",
    "outcome": "outcome of the cell, or the reason why the pair has no environment",
    "phase": "phase in which the cell failed, or in which the file was refused",
    "type": "type of the exception",
    "message": "full message of the exception",
    "note": "why the cell was not run, what ended it, or what the installer reported",
    "module": "module of the function that raised the exception",
    "function": "function that raised the exception",
    "seconds": "wall-clock time in seconds",
    "flaky": "message of another run of the same cell that had a different outcome",
}


def cell_files(content: CellContent) -> dict[str, bytes]:
    """Path and content of each file about cells."""
    cells = _cells(content)
    return {
        "data/cells.parquet": parquet(cells),
        "data/cells.jsonl.gz": json_lines(cells),
        **{f"data/{name}": text.encode() for name, text in content.csv_tables.items()},
    }


def _cells(content: CellContent) -> pd.DataFrame:
    frame = content.tables.long
    return frame.assign(natural=frame["pair"].isin(content.tables.natural_pairs))[list(SCHEMA)]
