"""Files that a reader sees whole: the old content or the new one, never a part."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

#: Age in seconds from which a partial file belongs to a writer that was killed.
LONGEST_WRITE = 60.0


def write_atomically(path: Path, text: str) -> None:
    """Replace the text of a file as a whole, and make its folder if need be.

    Several processes may write the same file; the last one to finish wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def remove_partial_files(folder: Path) -> None:
    """Remove the partial files that killed writers left in a folder."""
    for leftover in folder.glob(".*.part"):
        with suppress(FileNotFoundError):  # its writer was alive after all
            if time.time() - leftover.stat().st_mtime > LONGEST_WRITE:
                leftover.unlink()
