"""Files for tests, honest and hostile, made without Keras."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import DATA
from tests.userfile.tiny_hdf5 import Array, Member, hdf5

#: Where the files of three releases lie, one case in each format.
SAVED = DATA / "saved"
KEYS = {"module": "keras.layers", "registered_name": None}


def saved(keras: str, format_name: str) -> Path:
    """The file of a recorded writer."""
    names = {"keras": "model.keras", "h5": "model.h5", "weights": "model.weights.h5"}
    (folder,) = SAVED.glob(f"keras-{keras}_*/dense_twice/{format_name}")
    return folder / names.get(format_name, "config.json")


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    """The object of a built-in layer as Keras 3 writes it."""
    config.setdefault("name", class_name.lower())
    return {**KEYS, "class_name": class_name, "config": config}


def model(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """The object of a Sequential that begins with an input of four numbers."""
    start = layer("InputLayer", batch_shape=[None, 4], dtype="float32", name="start")
    config = {"name": "sequential", "layers": [start, *layers]}
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": None,
    }


DENSE = layer("Dense", units=2)
WEIGHTS: Mapping[str, Member] = {
    "layers": {"dense": {"vars": {"0": Array((4, 2)), "1": Array((2,))}}}
}


def archive(
    path: Path,
    config: Any,
    weights: Mapping[str, Member] = WEIGHTS,
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """A ``.keras`` archive."""
    with zipfile.ZipFile(path, "w") as file:
        metadata = {"keras_version": "3.9.0", "date_saved": "2025-03-01@10:00:00"}
        file.writestr("metadata.json", json.dumps(metadata))
        text = config if isinstance(config, str) else json.dumps(config)
        file.writestr("config.json", text)
        file.writestr("model.weights.h5", hdf5(weights))
        for name, content in (more or {}).items():
            file.writestr(name, content)
    return path


def varint(number: int) -> bytes:
    """A number as protocol buffers write it."""
    encoded = b""
    while number > 0x7F:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


def field(number: int, content: bytes) -> bytes:
    """A field of bytes of a protocol buffer."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def saved_model(folder: Path, config: Any, operation: bytes = b"AddV2") -> Path:
    """A SavedModel folder as Keras 2.15 writes it, without variables."""
    folder.mkdir()
    graph = field(1, field(5, b"2.15.0")) + field(2, field(1, field(1, b"x") + field(2, operation)))
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + field(2, graph))
    root = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": config}
    node = b"\x10\x00" + field(3, b"root") + field(5, json.dumps(root).encode())
    (folder / "keras_metadata.pb").write_bytes(field(1, node))
    return folder
