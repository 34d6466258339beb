"""Reads the two protocol buffers of a SavedModel folder that describe its Keras model."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.exchange.content.graph_content import KERAS_METADATA, SAVED_MODEL, keras_metadata
from harness.userfile.facts import (
    EXPORTED_ENDPOINT,
    SAVED_ENDPOINT,
    FileFacts,
    Hazard,
    NotAModelFile,
    text_of,
)
from harness.util.protocol_buffers import fields, is_whole

#: The list of the weights, which each folder has, even that of a model without weights.
VARIABLES = "variables/variables.index"
MOST_METADATA = 48 << 20
MOST_FILES = 10_000
#: What a folder is that describes no model.
A_GRAPH = (
    "a graph for serving, as model.export writes it: TensorFlow alone loads it, and no release of "
    "Keras reads it as a model"
)
NO_METADATA = f"it has no {KERAS_METADATA}, so it is no Keras model, or one of Keras 2.4 or older"
#: Bytes at the beginning of ``saved_model.pb`` in which the version of TensorFlow is looked for.
_HEAD = 1 << 20
#: Operations of a graph that reach beyond it.
_FILE_OPS = (
    b"ReadFile",
    b"WriteFile",
    b"PyFunc",
    b"EagerPyFunc",
    b"PyFuncStateless",
    b"MatchingFiles",
)


def read_saved_model(folder: Path, facts: FileFacts) -> dict[str, Any] | None:
    """Add the description of a folder to the facts; return the config of its model, or None.

    Raises:
        NotAModelFile: a file of it is damaged or too large.
    """
    facts.size, links = _size_of(folder)
    facts.add_hazards(Hazard("member-link", text_of(link)) for link in links)
    _take_graph(folder / SAVED_MODEL, facts)
    facts.lacks_weights = not (folder / VARIABLES).is_file()
    if facts.lacks_weights:
        facts.notes.append(f"it has no {VARIABLES}, so that its weights are missing")
    metadata = folder / KERAS_METADATA
    if not metadata.is_file():
        facts.notes.append(A_GRAPH if facts.is_graph else NO_METADATA)
        return None
    if metadata.stat().st_size > MOST_METADATA:
        raise NotAModelFile(f"a SavedModel folder whose {KERAS_METADATA} is too large to be read")
    root = _root_metadata(folder)
    facts.writer = text_of(root.get("keras_version", ""))
    facts.backend = text_of(root.get("backend", ""))
    facts.compiled = bool(root.get("training_config"))
    model = root.get("model_config")
    return model if isinstance(model, dict) else None


def _take_graph(graph: Path, facts: FileFacts) -> None:
    """Add the version of TensorFlow, the hazards and the endpoints of a graph to the facts.

    Raises:
        NotAModelFile: it is damaged.
    """
    if graph.stat().st_size == 0:
        raise NotAModelFile(f"a SavedModel folder whose {SAVED_MODEL} is empty")
    with graph.open("rb") as file:
        facts.tensorflow = _tensorflow_version(file.read(_HEAD))
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if not is_whole(content):
                raise NotAModelFile(
                    f"a SavedModel folder whose {SAVED_MODEL} is cut short or damaged"
                )
            found = [name for name in _FILE_OPS if _has_operation(content, name)]
            facts.add_hazards(Hazard("graph-file-op", SAVED_MODEL, name.decode()) for name in found)
            facts.endpoints = [
                name
                for name in (EXPORTED_ENDPOINT, SAVED_ENDPOINT)
                if content.find(b"\n" + bytes([len(name)]) + name.encode() + b"\x12") >= 0
            ]


def _has_operation(content: mmap.mmap, name: bytes) -> bool:
    """Whether a graph names an operation, in a node or in a list of operations."""
    text = bytes([len(name)]) + name
    return content.find(b"\n" + text) >= 0 or content.find(b"\x12" + text) >= 0


def _size_of(folder: Path) -> tuple[int, list[str]]:
    """The bytes of all files in a folder, and its symbolic links, which are not followed."""
    size, links = 0, []
    for number, path in enumerate(folder.rglob("*")):
        if number >= MOST_FILES:
            raise NotAModelFile(f"a folder with more than {MOST_FILES:,} files")
        if path.is_symlink():
            links.append(str(path.relative_to(folder)))
        elif path.is_file():
            size += path.stat().st_size
    return size, links


def _tensorflow_version(head: bytes) -> str:
    """The ``tensorflow_version`` in the ``MetaInfoDef`` of the first ``MetaGraphDef``."""
    try:
        for number, graph in fields(head, is_cut=True):
            if number == 2 and isinstance(graph, bytes):
                for inner, info in fields(graph, is_cut=True):
                    if inner == 1 and isinstance(info, bytes):
                        return next(
                            (text_of(value) for field, value in fields(info, is_cut=True)
                             if field == 5 and isinstance(value, bytes)), "",
                        )  # fmt: skip
    except ValueError:
        return ""
    return ""


def _root_metadata(folder: Path) -> Mapping[str, Any]:
    """The JSON object that describes the root of the saved objects."""
    try:
        text = next((text for path, text in keras_metadata(folder) if path == "root"), "{}")
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAModelFile(f"a SavedModel folder whose {KERAS_METADATA} is damaged") from error
    return found if isinstance(found, dict) else {}
