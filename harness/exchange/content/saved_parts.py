"""The parts of a saved file, without what no reader can see.

Files are read without loading a model, by the standard library and a reader of HDF5 that is written
in Python.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyfive

from harness.exchange.content.canonical_config import VERSION_KEYS, canonical
from harness.exchange.saved_files import WRITTEN

Array = np.ndarray[Any, Any]
#: Attributes of an HDF5 file that hold JSON.
JSON_ATTRIBUTES = ("model_config", "training_config")
#: No loader reads the metadata of an archive, which have the date and the full version.
_UNREAD_MEMBERS = ("metadata.json",)
#: What the runner has put beside the saved file.
_BESIDE = (WRITTEN, "arrays.npz")


def saved_by_the_writer(folder: Path) -> list[Path]:
    """The files and folders that a writer saved, without what the runner has put beside them."""
    return sorted(path for path in folder.iterdir() if path.name not in _BESIDE)


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The path and the content of each file below a folder; none if there is no such folder."""
    for path in sorted(filter(Path.is_file, folder.rglob("*"))):
        yield path.relative_to(folder).as_posix(), path.read_bytes()


def members_of(archive: Path) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each member of an archive that loaders read."""
    with zipfile.ZipFile(archive) as file:
        for name in sorted(set(file.namelist()) - set(_UNREAD_MEMBERS)):
            yield name, file.read(name)


def arrays_in(path: Path) -> Iterator[tuple[str, Array]]:
    """The arrays of a ``.npz`` file with their names."""
    with np.load(path, allow_pickle=False) as arrays:
        for name in sorted(arrays.files):
            yield name, arrays[name]


def hdf5_items(content: bytes) -> Iterator[tuple[str, Any]]:
    """All groups and datasets of an HDF5 file by path; the root comes first, with an empty path."""
    with pyfive.File(io.BytesIO(content)) as root:
        yield "", root
        yield from _items_below(root, "")


def _items_below(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name in sorted(group):
        item = group[name]
        yield prefix + name, item
        if not is_dataset(item):
            yield from _items_below(item, f"{prefix}{name}/")


def is_dataset(item: Any) -> bool:
    """Whether an item of an HDF5 file is an array, and no group."""
    return hasattr(item, "dtype")


def attributes_of(item: Any) -> Iterator[tuple[str, str | Array]]:
    """The attributes of an item: a config in its canonical form, a version, or an array."""
    for name in sorted(item.attrs):
        value = item.attrs[name]
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        if name in JSON_ATTRIBUTES and isinstance(text, str):
            yield name, canonical(json.loads(text))
        elif name in VERSION_KEYS and isinstance(text, str):
            yield name, text.partition(".")[0]
        else:
            yield name, np.asarray(text)
