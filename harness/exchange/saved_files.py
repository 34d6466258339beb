"""Saved files: what a writer has saved of a case in a format, in a folder kept by the runner."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.releases.pair import Pair
from harness.util.errors import UsageError

#: The formats whose files are exchanged.
EXCHANGED_FORMATS = ("keras", "h5", "weights", "json", "savedmodel", "export")
#: The file in the folder of a saved file that describes it.
WRITTEN = "written.json"


@dataclass(frozen=True)
class SavedFile:
    """The folder of one saved file, as ``guest/roundtrip/saved_files.py`` describes it."""

    writer: Pair
    case: str
    format: str
    folder: Path


def kept_files(folder: Path) -> Iterator[SavedFile]:
    """The saved files below a folder that was given to ``--keep``, in a fixed order.

    Folders that are not named after a pair are left out.
    """
    for pair_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            writer = Pair.parse(pair_folder.name)
        except UsageError:
            continue
        for path in sorted(pair_folder.glob(f"*/*/{WRITTEN}")):
            if path.parent.name in EXCHANGED_FORMATS:
                yield SavedFile(writer, path.parent.parent.name, path.parent.name, path.parent)


def content_digest(folder: Path) -> str:
    """A digest of the names and bytes of all files in a folder."""
    digest = hashlib.sha256()
    for name, path in sorted(_files_below(str(folder))):
        with open(path, "rb") as file:  # noqa: PTH123
            content = file.read()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _files_below(folder: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The path of each file below a folder, relative and in full.

    A corpus has tens of thousands of files, for which making `Path` objects takes most of the time.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files_below(entry.path, f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield prefix + entry.name, entry.path
