"""The data to take away: every cell as Parquet and as JSON lines, the tables as CSV."""

from __future__ import annotations

import gzip
from io import BytesIO

import pandas as pd

from harness.analysis.frames import wide_table
from harness.report.site.source import Source
from harness.report.tables import changes_csv

#: The columns of a cell, and what each holds.
SCHEMA = {
    "pair": "id of the pair",
    "lineage": "keras or tf-keras",
    "keras": "version of the release",
    "tensorflow": "version",
    "python": "minor version",
    "released": "day on which the Keras release came out",
    "natural": "whether the TensorFlow is that of the day",
    "case": "name of the case; empty in the one row of a pair without an environment",
    "format": "how the model goes to disk and back; null in that row",
    "outcome": "what the cell came to, or why there is no environment",
    "phase": "the phase it failed in",
    "type": "exception type",
    "message": "the whole message",
    "note": "why it was not run, what ended it, or what the installer said",
    "module": "module of the raising frame",
    "function": "function of the raising frame",
    "seconds": "seconds by the clock",
    "flaky": "message of another time, where it came to something else",
}


def data_files(source: Source) -> dict[str, bytes]:
    """Path and content of each file."""
    cells = _cells(source)
    return {
        "data/cells.parquet": _parquet(cells),
        "data/cells.jsonl.gz": _json_lines(cells),
        "data/compatibility.csv": wide_table(source.made.long).to_csv(lineterminator="\n").encode(),
        "data/changes.csv": changes_csv(source.made).encode(),
    }


def _cells(source: Source) -> pd.DataFrame:
    frame = source.made.long
    return frame.assign(natural=frame["pair"].isin(source.made.natural_pairs))[list(SCHEMA)]


def _parquet(cells: pd.DataFrame) -> bytes:
    made = BytesIO()
    cells.to_parquet(made, index=False, compression="zstd")
    return made.getvalue()


def _json_lines(cells: pd.DataFrame) -> bytes:
    """One object a line, compressed without a time stamp: the same cells give the same bytes."""
    text = cells.to_json(orient="records", lines=True, force_ascii=False)
    return gzip.compress(text.encode(), compresslevel=4, mtime=0)
