"""The content of a saved file, read without loading a model: its configs and its weights."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from harness.exchange.content.canonical_config import canonical
from harness.exchange.content.checkpoint import Variable, variables_of
from harness.exchange.content.graph_content import (
    SAVED_MODEL,
    graph_lines,
    keras_metadata,
    operations,
)
from harness.exchange.content.saved_parts import (
    JSON_ATTRIBUTES,
    Array,
    arrays_in,
    attributes_of,
    files_in,
    hdf5_items,
    is_dataset,
    members_of,
    saved_by_the_writer,
)

#: The types of TensorFlow that a variable usually has, by their numbers.
_DTYPES = {1: "float32", 2: "float64", 3: "int32", 9: "int64", 10: "bool", 19: "float16"}
#: The end of a variable's key in a checkpoint.
_OF_VARIABLE = "/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass
class SavedContent:
    """What a saved file holds.

    ``configs`` are JSON values by name: ``config``, and ``training_config`` in a file of HDF5.
    They are in their canonical form. ``arrays`` and ``groups`` are those
    of the weights, by path; ``attributes`` hold a value and its type, by path and name.
    ``members`` are the members of an archive that loaders read, or the assets of a SavedModel
    folder, by name; each has a digest of its content, or none if the other fields hold that.
    ``graph`` are the lines of TensorFlow's graphs, and ``operations`` says how often each operation
    is in them.
    """

    configs: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    attributes: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    graph: list[str] = field(default_factory=list)
    operations: Counter[str] = field(default_factory=Counter)


class Unreadable(Exception):
    """A file does not hold what its format requires; the message says what went wrong."""


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
        for _, root in islice(hdf5_items(path.read_bytes()), 1):
            texts = (root.attrs[name] for name in JSON_ATTRIBUTES if name in root.attrs)
            yield from map(json.loads, texts)


def _archive(folder: Path, content: SavedContent) -> None:
    (path,) = saved_by_the_writer(folder)
    for name, member in members_of(path):
        content.members[name] = ""
        if name.endswith(".json"):
            content.configs[name.removesuffix(".json")] = _config(member)
        elif name.endswith(".h5"):
            _take_hdf5(member, content)
        else:
            content.members[name] = _digest(member)


def _hdf5_file(folder: Path, content: SavedContent) -> None:
    (path,) = saved_by_the_writer(folder)
    _take_hdf5(path.read_bytes(), content)


def _json_files(folder: Path, content: SavedContent) -> None:
    content.configs["config"] = _config((folder / "config.json").read_bytes())
    content.arrays = dict(arrays_in(folder / "weights.npz"))


def _exported(folder: Path, content: SavedContent) -> None:
    """An exported graph; its variables are in a random order, so they are sorted."""
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
    content.members = {
        f"assets/{name}": _digest(asset) for name, asset in files_in(root / "assets")
    }


def _as_array(variable: Variable) -> Array:
    if variable.dtype not in _DTYPES:
        return np.frombuffer(variable.content, "uint8")
    return np.frombuffer(variable.content, _DTYPES[variable.dtype]).reshape(variable.shape)


def _config(text: str | bytes) -> Any:
    return json.loads(canonical(json.loads(text)))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _take_hdf5(file: bytes, content: SavedContent) -> None:
    for path, item in hdf5_items(file):
        for name, value in attributes_of(item):
            if not isinstance(value, str):
                form = f"{value.dtype} {value.shape}"
                content.attributes[path or "/", name] = str(value.tolist()), form
            elif name in JSON_ATTRIBUTES:
                content.configs[name.removeprefix("model_")] = json.loads(value)
            else:
                content.attributes[path or "/", name] = value, "text"
        if is_dataset(item):
            content.arrays[path] = np.asarray(item[()])
        elif path:
            content.groups.add(path)
