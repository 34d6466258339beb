"""The objects in a config: the classes that it names, and the keys that these have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harness.userfile.facts import ClassUse, FileFacts, text_of

#: The packages of Keras, of TensorFlow, and of their add-ons.
_KERAS_PACKAGES = frozenset(
    (
        "keras",
        "tf_keras",
        "keras_core",
        "tensorflow",
        "keras_hub",
        "keras_nlp",
        "keras_cv",
        "keras_tuner",
    )
)
#: The kind of built-in class that a key of a config calls for.
_KINDS = {
    "layers": "layers", "layer": "layers", "cell": "layers", "cells": "layers",
    "forward_layer": "layers", "backward_layer": "layers",
    "optimizer": "optimizers", "optimizer_config": "optimizers",
    "loss": "losses", "metrics": "metrics", "weighted_metrics": "metrics",
}  # fmt: skip
#: The keys of a training config that can hold the names of functions.
_KINDS_OF_FUNCTIONS = {"loss": "losses", "metrics": "metrics", "weighted_metrics": "metrics"}
_ENDINGS = {
    "_initializer": "initializers",
    "_regularizer": "regularizers",
    "_constraint": "constraints",
}
#: Characters of a value that are kept.
_LONGEST_VALUE = 300
_MOST_CLASSES = 500


class Found(NamedTuple):
    """An object of a config: its path (see `parts_of`), the key that it stands under, its class."""

    where: str
    key: str
    name: str
    value: Mapping[str, Any]


def take_objects(config: Any, facts: FileFacts) -> None:
    """Add the classes of the objects in a config to the facts, and their keys."""
    classes = set(facts.classes)
    for found in objects_in(config):
        use = use_of(found)
        if len(classes) < _MOST_CLASSES:
            classes.add(use)
        _take_keys(found, use, facts)
    facts.classes = sorted(classes)


def take_training_functions(config: Mapping[str, Any], facts: FileFacts) -> None:
    """Add the losses and metrics to the facts that an HDF5 file names as plain text."""
    named = {
        ClassUse(kind, text_of(name))
        for key, kind in _KINDS_OF_FUNCTIONS.items()
        for name in _function_names(config.get(key))
    }
    facts.classes = sorted({*facts.classes, *sorted(named)[:_MOST_CLASSES]})


def _function_names(value: Any) -> Iterator[str]:
    """The names of functions in a loss or in metrics, also of those that Keras 2 wraps."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and part.isidentifier():
            yield part
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            config = part.get("config") if "class_name" in part else None
            waiting += [config.get("fn")] if isinstance(config, dict) else part.values()


def name_of(value: Mapping[str, Any]) -> str:
    """The name of an object in a config."""
    config = value.get("config")
    given = config.get("name") if isinstance(config, dict) else None
    return text_of(given or value.get("name") or value.get("class_name", ""))


def objects_in(config: Any) -> Iterator[Found]:
    """All objects in a config, the outer ones first."""
    for where, key, value in parts_of(config):
        name = value.get("class_name") if isinstance(value, dict) else None
        if isinstance(name, str):
            yield Found(where, key, name, value)


def parts_of(config: Any) -> Iterator[tuple[str, str, Any]]:
    """All values in a config, the outer ones first, each with its path and its key.

    The path has the names of the objects around a value; that of an object ends with its own name.
    """
    waiting: list[tuple[str, str, Any]] = [("", "", config)]
    while waiting:
        where, key, value = waiting.pop()
        if isinstance(value, dict) and "class_name" in value:
            where = f"{where}/{name_of(value)}".lstrip("/")
        yield where, key, value
        if isinstance(value, dict):
            waiting += [(where, str(name), part) for name, part in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(where, key, part) for part in reversed(value)]


def texts_in(config: Any) -> Iterator[str]:
    """All texts in a config, except its keys."""
    return (value for _, _, value in parts_of(config) if isinstance(value, str))


def use_of(found: Found) -> ClassUse:
    """The class or function that an object names."""
    name, module = found.name, found.value.get("module")
    module = module if isinstance(module, str) else ""
    registered = found.value.get("registered_name")
    parts = module.split(".")
    kind = parts[1] if len(parts) == 2 and parts[0] == "keras" else ""
    if not kind and not module:
        kind = _KINDS.get(found.key) or next(
            (kind for ending, kind in _ENDINGS.items() if found.key.endswith(ending)), ""
        )
    function = found.value.get("config")
    if name == "function" and isinstance(function, str) and not is_of_keras(module):
        return ClassUse("", text_of(function), text_of(module), text_of(function))
    is_own = isinstance(registered, str) and registered != name and not is_of_keras(module)
    return ClassUse(
        text_of(kind), text_of(name), text_of(module), text_of(registered) if is_own else ""
    )


def is_of_keras(module: str) -> bool:
    """Whether a module belongs to Keras, TensorFlow, or one of their add-ons."""
    return module.partition(".")[0] in _KERAS_PACKAGES


def _take_keys(found: Found, use: ClassUse, facts: FileFacts) -> None:
    """Record the keys in the config of an object, unless its class is the file's own."""
    config = found.value.get("config")
    if not isinstance(config, dict) or use.registered or len(facts.written) > _MOST_CLASSES:
        return
    keys = facts.written.setdefault(f"{use.kind}.{use.name}", {})
    for key, value in list(config.items())[:100]:
        text = json.dumps(value, sort_keys=True)
        if len(text) <= _LONGEST_VALUE:
            keys.setdefault(text_of(key), text)
        else:
            keys.setdefault(text_of(key), "")
