"""Files that outlast a killed writer: replaced as a whole, or extended line by line."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

#: Age in seconds from which a partial file belongs to a writer that was killed.
LONGEST_WRITE = 60.0


def write_atomically(path: Path, text: str) -> None:
    """Replace the text of a file as a whole, and make its folder if need be.

    Several processes may write the same file; the last one to finish wins.
    """
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """As `write_atomically`, for a file that holds no text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def append_line(path: Path, line: str) -> None:
    """Append a line to a log, and make its folder if need be.

    A last line that a killed writer cut short is replaced, so that it cannot spoil this one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")), path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(line.encode())


def remove_partial_files(folder: Path) -> None:
    """Remove the partial files that killed writers left in a folder."""
    for leftover in folder.glob(".*.part"):
        with suppress(FileNotFoundError):  # its writer was alive after all
            if time.time() - leftover.stat().st_mtime > LONGEST_WRITE:
                leftover.unlink()
