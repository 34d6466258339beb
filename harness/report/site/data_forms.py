"""The forms in which the site offers tables; equal tables give equal bytes."""

from __future__ import annotations

import gzip
from io import BytesIO

import pandas as pd


def parquet(frame: pd.DataFrame) -> bytes:
    """A Parquet file."""
    file = BytesIO()
    frame.to_parquet(file, index=False, compression="zstd")
    return file.getvalue()


def json_lines(frame: pd.DataFrame) -> bytes:
    """One object per line, compressed."""
    return compressed(frame.to_json(orient="records", lines=True, force_ascii=False))


def csv(frame: pd.DataFrame) -> bytes:
    """A CSV file."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


def compressed(text: str | bytes) -> bytes:
    """Text compressed by gzip, without a time stamp."""
    content = text.encode() if isinstance(text, str) else text
    return gzip.compress(content, compresslevel=4, mtime=0)
