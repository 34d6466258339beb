"""The files of the data page: every cell as Parquet and as JSON lines, and the tables as CSV."""

from __future__ import annotations

import gzip
from io import BytesIO

import pandas as pd

from harness.report.site.content import SiteContent
from harness.util.escaping import spreadsheet_safe

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

#: The columns of a reading, and what each of them holds.
EXCHANGE_SCHEMA = {
    "reader": "version of the Keras release that read the file",
    "case": "name of the case whose model is in the file",
    "format": "how the model was saved",
    "file": "logical digest of the file, which names it in the corpus",
    "writers": "versions of the Keras releases that write this file, separated by spaces",
    "outcome": "outcome of the reading",
    "type": "type of the exception, or Warning where a part of the file was left out",
    "message": "message of the exception or of the warning, with what differs in each run replaced",
    "inferred": "whether this was inferred from the releases before and after, and not measured",
}


def data_files(content: SiteContent) -> dict[str, bytes]:
    """Path and content of each file."""
    cells, exchange = _cells(content), _exchange(content)
    return {
        "data/cells.parquet": _parquet(cells),
        "data/cells.jsonl.gz": _json_lines(cells),
        "data/exchange.parquet": _parquet(exchange),
        "data/exchange.csv.gz": _csv(exchange),
        "data/exchange.jsonl.gz": _json_lines(exchange),
        **{f"data/{name}": text.encode() for name, text in content.csv_tables.items()},
    }


def _cells(content: SiteContent) -> pd.DataFrame:
    frame = content.tables.long
    return frame.assign(natural=frame["pair"].isin(content.tables.natural_pairs))[list(SCHEMA)]


def _exchange(content: SiteContent) -> pd.DataFrame:
    """One row for each file and reader; its columns are those of `EXCHANGE_SCHEMA`."""
    readings = content.exchange.readings
    frame = readings.frame.sort_values(["reader", "file"])
    lookups = {
        "reader": [{"reader": str(pair.keras)} for pair in readings.readers],
        "file": [
            {
                "case": entry.case,
                "format": entry.format,
                "file": entry.digest,
                "writers": " ".join(str(pair.keras) for pair in entry.pairs),
            }
            for entry in readings.files
        ],
        "behaviour": [
            {
                "outcome": behaviour.outcome,
                "type": behaviour.type,
                "message": spreadsheet_safe(behaviour.message),
            }
            for behaviour in readings.behaviours
        ],
    }
    parts = [
        pd.DataFrame(rows, dtype="category").reindex(frame[column]).reset_index(drop=True)
        for column, rows in lookups.items()
    ]
    inferred = frame["inferred"].reset_index(drop=True)
    return pd.concat([*parts, inferred], axis=1).reindex(columns=list(EXCHANGE_SCHEMA))


def _parquet(cells: pd.DataFrame) -> bytes:
    file = BytesIO()
    cells.to_parquet(file, index=False, compression="zstd")
    return file.getvalue()


def _csv(frame: pd.DataFrame) -> bytes:
    """A CSV file, compressed as in `_json_lines`."""
    text = frame.to_csv(index=False, lineterminator="\n")
    return gzip.compress(text.encode(), compresslevel=4, mtime=0)


def _json_lines(cells: pd.DataFrame) -> bytes:
    """One object per line, compressed without a time stamp so that equal cells give equal bytes."""
    text = cells.to_json(orient="records", lines=True, force_ascii=False)
    return gzip.compress(text.encode(), compresslevel=4, mtime=0)
