"""The logical digest: equal for two saved files that no reader can tell apart.

It covers the config, in a canonical form, the tree of the HDF5 file, and the graphs of TensorFlow.
Bytes never agree, since dates and generated numbers are in them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from harness.exchange.content.canonical_config import canonical
from harness.exchange.content.checkpoint import variables_of
from harness.exchange.content.graph_content import SAVED_MODEL, graph_lines, keras_metadata
from harness.exchange.content.saved_parts import (
    Array,
    arrays_in,
    attributes_of,
    files_in,
    hdf5_items,
    is_dataset,
    members_of,
    saved_by_the_writer,
)


def logical_digest(folder: Path, format_name: str) -> str:
    """The logical digest of the saved file in a folder, as 12 hexadecimal digits.

    Files that cannot be read, as those of contract cases, are told apart by their bytes.
    """
    digest = hashlib.sha256(format_name.encode())
    for part in _parts(folder, format_name):
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def _parts(folder: Path, format_name: str) -> list[str | bytes]:
    readers = {
        "keras": _archive,
        "h5": _hdf5_file,
        "weights": _hdf5_file,
        "json": _json_config,
        "savedmodel": _graphs,
        "export": _graphs,
    }
    try:
        return list(readers[format_name](folder))
    except Exception:  # a damaged file can make its reader fail in any way
        return ["damaged", *_bytes_of(saved_by_the_writer(folder))]


def _bytes_of(paths: list[Path]) -> Iterator[bytes]:
    for path in paths:
        if path.is_file():
            yield path.read_bytes()
        else:
            yield from (content for _, content in files_in(path))


def _archive(folder: Path) -> Iterator[str | bytes]:
    (path,) = saved_by_the_writer(folder)
    for name, content in members_of(path):
        yield name
        if name.endswith(".json"):
            yield canonical(json.loads(content))
        elif name.endswith(".h5"):
            yield from _hdf5(content)
        else:
            yield content


def _hdf5_file(folder: Path) -> Iterator[str | bytes]:
    (path,) = saved_by_the_writer(folder)
    yield from _hdf5(path.read_bytes())


def _json_config(folder: Path) -> Iterator[str | bytes]:
    yield canonical(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    for name, array in arrays_in(folder / "weights.npz"):
        yield from (name, *_array(array))


def _graphs(folder: Path) -> Iterator[str | bytes]:
    """The parts of a SavedModel folder; TensorFlow computes its fingerprint from the bytes."""
    (root,) = saved_by_the_writer(folder)
    yield from graph_lines((root / SAVED_MODEL).read_bytes())
    for name, config in sorted(keras_metadata(root)):
        yield from (name, canonical(json.loads(config)))
    for variable in sorted(variables_of(root / "variables").values()):
        yield from (f"{variable.dtype} {variable.shape}", variable.content)
    for name, content in files_in(root / "assets"):
        yield from (PurePosixPath(name).name, content)


def _hdf5(content: bytes) -> Iterator[str | bytes]:
    """Paths, attributes and arrays; the paths of groups end with a slash."""
    for path, item in hdf5_items(content):
        yield f"/{path}" if is_dataset(item) or not path else f"/{path}/"
        for name, value in attributes_of(item):
            yield name
            yield from [value] if isinstance(value, str) else _array(value)
        if is_dataset(item):
            yield from _array(np.asarray(item[()]))


def _array(array: Array) -> Iterator[str | bytes]:
    yield f"{array.dtype.str} {array.shape}"
    yield repr(array.tolist()) if array.dtype.kind == "O" else array.tobytes()
