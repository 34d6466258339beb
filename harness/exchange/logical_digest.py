"""The logical digest: equal for two saved files that no reader can tell apart.

It covers the config, in a canonical form, the tree of the HDF5 file, and the graphs of TensorFlow.
Bytes never agree, since dates and generated numbers are in them. Files are read without loading a
model, by the standard library and a reader of HDF5 that is written in Python.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyfive

from harness.exchange.canonical_config import VERSION_KEYS, canonical
from harness.exchange.checkpoint import variables_of
from harness.exchange.graph_content import SAVED_MODEL, graph_lines, keras_metadata

#: Attributes of an HDF5 file that hold JSON.
JSON_ATTRIBUTES = ("model_config", "training_config")
#: No loader reads the metadata of an archive, which have the date and the full version.
UNREAD_MEMBERS = ("metadata.json",)


def logical_digest(folder: Path, format_name: str) -> str:
    """The logical digest of the saved file in a folder, as 12 hexadecimal digits.

    A file that cannot be read, as those of contract cases, is told apart by its bytes.
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
        return ["damaged", *(path.read_bytes() for path in _files(saved_by_the_writer(folder)))]


def saved_by_the_writer(folder: Path) -> list[Path]:
    """The files that a writer saved, without what the runner has put beside them."""
    beside = ("written.json", "arrays.npz")
    return sorted(path for path in folder.iterdir() if path.name not in beside)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files among these paths and in the folders among them."""
    for path in paths:
        yield from [path] if path.is_file() else sorted(filter(Path.is_file, path.rglob("*")))


def _archive(folder: Path) -> Iterator[str | bytes]:
    (path,) = saved_by_the_writer(folder)
    with zipfile.ZipFile(path) as archive:
        for name in sorted(set(archive.namelist()) - set(UNREAD_MEMBERS)):
            content = archive.read(name)
            yield name
            if name.endswith(".json"):
                yield canonical(json.loads(content))
            elif name.endswith(".h5"):
                yield from _hdf5(io.BytesIO(content))
            else:
                yield content


def _hdf5_file(folder: Path) -> Iterator[str | bytes]:
    (path,) = saved_by_the_writer(folder)
    yield from _hdf5(io.BytesIO(path.read_bytes()))


def _json_config(folder: Path) -> Iterator[str | bytes]:
    yield canonical(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        for name in sorted(arrays.files):
            yield from (name, *_array(arrays[name]))


def _graphs(folder: Path) -> Iterator[str | bytes]:
    """The parts of a SavedModel folder; TensorFlow computes its fingerprint from the bytes."""
    (root,) = saved_by_the_writer(folder)
    yield from graph_lines((root / SAVED_MODEL).read_bytes())
    for name, config in sorted(keras_metadata(root)):
        yield from (name, canonical(json.loads(config)))
    for variable in sorted(variables_of(root / "variables").values()):
        yield from (f"{variable.dtype} {variable.shape}", variable.content)
    for path in _files([root / "assets"]):
        yield from (path.name, path.read_bytes())


def _hdf5(file: io.BytesIO) -> Iterator[str | bytes]:
    with pyfive.File(file) as root:
        yield from _group(root, "/")


def _group(group: Any, path: str) -> Iterator[str | bytes]:
    """The parts of a group and of all below it: paths, attributes, arrays."""
    yield from (path, *_attributes(group))
    for name in sorted(group):
        item = group[name]
        if hasattr(item, "dtype"):
            yield from (path + name, *_attributes(item), *_array(np.asarray(item[()])))
        else:
            yield from _group(item, f"{path}{name}/")


def _attributes(item: Any) -> Iterator[str | bytes]:
    for name in sorted(item.attrs):
        value = item.attrs[name]
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        yield name
        if name in JSON_ATTRIBUTES and isinstance(text, str):
            yield canonical(json.loads(text))
        elif name in VERSION_KEYS and isinstance(text, str):
            yield text.partition(".")[0]
        else:
            yield from _array(np.asarray(text))


def _array(array: np.ndarray[Any, Any]) -> Iterator[str | bytes]:
    yield f"{array.dtype.str} {array.shape}"
    yield repr(array.tolist()) if array.dtype.kind == "O" else array.tobytes()
