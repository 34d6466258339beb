"""The content of a saved file, read without loading a model: its configs and its weights."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyfive

from harness.exchange.canonical_config import VERSION_KEYS, canonical
from harness.exchange.checkpoint import Variable, variables_of
from harness.exchange.graph_content import SAVED_MODEL, graph_lines, keras_metadata, operations
from harness.exchange.logical_digest import (
    JSON_ATTRIBUTES,
    UNREAD_MEMBERS,
    saved_by_the_writer,
)

Array = np.ndarray[Any, Any]
#: The types of TensorFlow that a variable usually has, by their numbers.
_DTYPES = {1: "float32", 2: "float64", 3: "int32", 9: "int64", 10: "bool", 19: "float16"}
#: The end of a variable's key in a checkpoint.
_OF_VARIABLE = "/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass
class SavedContent:
    """What a saved file holds.

    ``configs`` are JSON values by name: ``config``, and ``training_config`` in a file of HDF5.
    Generated names and ids in them are numbered as they come. ``arrays`` and ``groups`` are those
    of the weights, by path; ``attributes`` hold a value and its type, by path and name.
    ``members`` are the names of all members of an archive that loaders read. ``graph`` are the
    lines of TensorFlow's graphs, and ``operations`` how often each operation stands in these.
    """

    configs: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    attributes: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    graph: list[str] = field(default_factory=list)
    operations: Counter[str] = field(default_factory=Counter)


class Unreadable(Exception):
    """A file does not hold what its format asks for; the message says what went wrong."""


def read_content(folder: Path, format_name: str) -> SavedContent:
    """The content of the saved file in a folder.

    Raises:
        Unreadable: the file is damaged, as those of contract cases are meant to be.
    """
    content = SavedContent()
    readers = {
        "keras": _archive,
        "h5": _hdf5_file,
        "weights": _hdf5_file,
        "json": _json_files,
        "savedmodel": _saved_model,
        "export": _exported,
    }
    try:
        readers[format_name](folder, content)
    except Exception as error:  # a damaged file can make its reader fail in any way
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    return content


def read_configs(folder: Path, format_name: str) -> list[Any]:
    """The configs of the saved file in a folder, as they are written, without the weights.

    A weights file has none.

    Raises:
        Unreadable: the file is damaged.
    """
    try:
        return list(_raw_configs(folder, format_name))
    except Exception as error:  # a damaged file can make its reader fail in any way
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _raw_configs(folder: Path, format_name: str) -> Iterator[Any]:
    if format_name == "json":
        yield json.loads((folder / "config.json").read_bytes())
    elif format_name == "keras":
        (path,) = saved_by_the_writer(folder)
        with zipfile.ZipFile(path) as archive:
            yield json.loads(archive.read("config.json"))
    elif format_name == "h5":
        (path,) = saved_by_the_writer(folder)
        with pyfive.File(io.BytesIO(path.read_bytes())) as root:
            yield from (
                json.loads(root.attrs[name]) for name in JSON_ATTRIBUTES if name in root.attrs
            )


def _archive(folder: Path, content: SavedContent) -> None:
    (path,) = saved_by_the_writer(folder)
    with zipfile.ZipFile(path) as archive:
        content.members = set(archive.namelist()) - set(UNREAD_MEMBERS)
        for name in sorted(content.members):
            if name.endswith(".json"):
                content.configs[name.removesuffix(".json")] = _config(archive.read(name))
            elif name.endswith(".h5"):
                _hdf5(archive.read(name), content)


def _hdf5_file(folder: Path, content: SavedContent) -> None:
    (path,) = saved_by_the_writer(folder)
    _hdf5(path.read_bytes(), content)


def _json_files(folder: Path, content: SavedContent) -> None:
    content.configs["config"] = _config((folder / "config.json").read_bytes())
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        content.arrays = {name: arrays[name] for name in sorted(arrays.files)}


def _exported(folder: Path, content: SavedContent) -> None:
    """An exported graph; the order of its variables is left to chance, so they are sorted."""
    (root,) = saved_by_the_writer(folder)
    _take_graph(root, content)
    variables = sorted(variables_of(root / "variables").values())
    content.arrays = {
        f"variable {number}": _as_array(variable) for number, variable in enumerate(variables)
    }


def _saved_model(folder: Path, content: SavedContent) -> None:
    (root,) = saved_by_the_writer(folder)
    _take_graph(root, content)
    content.configs = {
        path: _config(config) for path, config in keras_metadata(root) if path == "root"
    }
    content.arrays = {
        key.removesuffix(_OF_VARIABLE): _as_array(variable)
        for key, variable in variables_of(root / "variables").items()
    }


def _take_graph(root: Path, content: SavedContent) -> None:
    saved = (root / SAVED_MODEL).read_bytes()
    content.graph, content.operations = graph_lines(saved), operations(saved)


def _as_array(variable: Variable) -> Array:
    if variable.dtype not in _DTYPES:
        return np.frombuffer(variable.content, "uint8")
    return np.frombuffer(variable.content, _DTYPES[variable.dtype]).reshape(variable.shape)


def _config(text: str | bytes) -> Any:
    return json.loads(canonical(json.loads(text)))


def _hdf5(file: bytes, content: SavedContent) -> None:
    with pyfive.File(io.BytesIO(file)) as root:
        _take_attributes(root, "/", content)
        for path, item in _items(root, ""):
            _take_attributes(item, path, content)
            if hasattr(item, "dtype"):
                content.arrays[path] = np.asarray(item[()])
            else:
                content.groups.add(path)


def _items(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """All groups and arrays below a group, by path."""
    for name in sorted(group):
        item = group[name]
        yield prefix + name, item
        if not hasattr(item, "dtype"):
            yield from _items(item, f"{prefix}{name}/")


def _take_attributes(item: Any, path: str, content: SavedContent) -> None:
    for name in sorted(item.attrs):
        value = item.attrs[name]
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        if name in JSON_ATTRIBUTES and isinstance(text, str):
            content.configs[name.removeprefix("model_")] = _config(text)
        elif name in VERSION_KEYS and isinstance(text, str):
            content.attributes[path, name] = text.partition(".")[0], "text"
        else:
            array = np.asarray(text)
            content.attributes[path, name] = str(array.tolist()), f"{array.dtype} {array.shape}"
