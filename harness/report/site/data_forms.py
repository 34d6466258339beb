"""The forms in which the site offers tables; equal tables give equal bytes."""

from __future__ import annotations

import gzip
from io import BytesIO
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
from pyarrow.csv import write_csv


def parquet(frame: pd.DataFrame) -> bytes:
    """A Parquet file."""
    file = BytesIO()
    frame.to_parquet(file, index=False, compression="zstd")
    return file.getvalue()


def json_lines(frame: pd.DataFrame) -> bytes:
    """One object per line, compressed."""
    rows = zip(*(_members(str(name), frame[name]) for name in frame), strict=True)
    return compressed(b"".join(b"{%s}\n" % b",".join(row) for row in rows))


def _members(name: str, column: pd.Series[Any]) -> list[bytes]:
    """The member of each object for a column; equal values, of which it has many, share one."""
    places, values = pd.factorize(column, use_na_sentinel=False)
    key = msgspec.json.encode(name)
    known = [b"%s:%s" % (key, msgspec.json.encode(value)) for value in values.tolist()]
    return [known[place] for place in places.tolist()]


def csv(frame: pd.DataFrame) -> bytes:
    """A CSV file, in which every text is quoted."""
    file = BytesIO()
    write_csv(pa.Table.from_pandas(frame, preserve_index=False), file)
    return file.getvalue()


def compressed(text: str | bytes) -> bytes:
    """Text compressed by gzip, without a time stamp."""
    content = text.encode() if isinstance(text, str) else text
    return gzip.compress(content, compresslevel=4, mtime=0)
