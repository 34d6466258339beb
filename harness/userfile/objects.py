"""The objects in a config: the classes that it names, the keys it has, what is dangerous."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harness.userfile.facts import ClassUse, FileFacts, Hazard, text_of

#: The parts of Keras whose objects make up models. Anything else of Keras is a tool.
_MODEL_PARTS = frozenset(
    ("layers", "models", "initializers", "regularizers", "constraints", "optimizers", "losses",
     "metrics", "activations", "dtype_policies", "mixed_precision", "quantizers", "engine", "ops",
     "random", "applications", "legacy", "feature_column", "premade_models", "backend", "trainers",
     "distribution", "export", "operations")
)  # fmt: skip
#: Packages whose classes the releases or their add-ons bring.
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
#: Modules that a class of the writer's own has.
_OWN_MODULES = frozenset(("", "builtins", "__main__"))
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
#: Text that is a path on a machine, or an address.
_PLACE = re.compile(r"^(/[\w.~-]+/|~/|\.\./|[A-Za-z]:\\|\\\\)|^[a-z][a-z0-9+.-]{1,9}://")
#: How base64 of a pickle of protocol 2 to 5 begins; ``\x80\x04\x95`` for example is ``gASV``.
_PICKLE = re.compile(r"^gA[I-Z][A-Za-z0-9+/=\s]{20}")
#: Characters of a value that are kept.
_LONGEST_VALUE = 300
_MOST_CLASSES = 500


class _Found(NamedTuple):
    """An object of a config: where it is, and the key that it stands under."""

    where: str
    key: str
    value: Mapping[str, Any]


def take_objects(config: Any, facts: FileFacts) -> None:
    """Add to the facts what the objects of a config tell."""
    classes = set(facts.classes)
    for found in _objects(config):
        name = found.value["class_name"]
        if not isinstance(name, str):
            continue
        use = _use(found, name)
        if len(classes) < _MOST_CLASSES:
            classes.add(use)
        _take_keys(found, use, facts)
        facts.add_hazards(_hazards_of(found, name, use))
    facts.add_hazards(_hazards_of_texts(config))
    facts.classes = sorted(classes)


def take_training_functions(config: Mapping[str, Any], facts: FileFacts) -> None:
    """Add to the facts the losses and metrics that an HDF5 file names without any object."""
    named = {
        ClassUse(kind, text_of(name))
        for key, kind in _KINDS_OF_FUNCTIONS.items()
        for name in _function_names(config.get(key))
    }
    facts.classes = sorted({*facts.classes, *sorted(named)[:_MOST_CLASSES]})


def _function_names(value: Any) -> Iterator[str]:
    """The names of functions in a loss or in metrics, also of those that Keras 2 has wrapped."""
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


def _objects(config: Any) -> Iterator[_Found]:
    """All objects in a config, the outer ones first."""
    waiting: list[tuple[str, str, Any]] = [("", "", config)]
    while waiting:
        where, key, value = waiting.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                where = f"{where}/{name_of(value)}".lstrip("/")
                yield _Found(where, key, value)
            waiting += [(where, str(name), part) for name, part in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(where, key, part) for part in reversed(value)]


def _use(found: _Found, name: str) -> ClassUse:
    module = found.value.get("module")
    module = module if isinstance(module, str) else ""
    registered = found.value.get("registered_name")
    parts = module.split(".")
    kind = parts[1] if len(parts) == 2 and parts[0] == "keras" else ""
    if not kind and not module:
        kind = _KINDS.get(found.key) or next(
            (kind for ending, kind in _ENDINGS.items() if found.key.endswith(ending)), ""
        )
    function = found.value.get("config")
    if name == "function" and isinstance(function, str) and not _is_of_keras(module):
        return ClassUse("", text_of(function), text_of(module), text_of(function))
    is_own = isinstance(registered, str) and registered != name and not _is_of_keras(module)
    return ClassUse(
        text_of(kind), text_of(name), text_of(module), text_of(registered) if is_own else ""
    )


def _is_of_keras(module: str) -> bool:
    return module.partition(".")[0] in _KERAS_PACKAGES


def _take_keys(found: _Found, use: ClassUse, facts: FileFacts) -> None:
    """Note which keys the config of an object has; a class of the writer's own does not matter."""
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


# ---------------------------------------------------------------- hazards


def _hazards_of(found: _Found, name: str, use: ClassUse) -> Iterator[Hazard]:
    config = found.value.get("config")
    config = config if isinstance(config, dict) else {}
    where = text_of(found.where)
    if name == "__lambda__":
        owner = found.where.removesuffix(name).rstrip("/")
        place = owner if found.key == "function" else f"{owner}: {found.key}"
        yield Hazard("lambda-code", text_of(place))
    if name == "Lambda" and _is_code(config.get("function")):
        yield Hazard("lambda-code", where)
    for key, value in config.items():
        if isinstance(value, dict) and "class_name" not in value and _is_code(value.get("value")):
            yield Hazard("stored-code", text_of(f"{found.where}: {key}"))
    if name == "TFSMLayer":
        yield Hazard("tfsm-layer", where, text_of(config.get("filepath", "")))
    if name == "TorchModuleWrapper":
        yield Hazard("torch-module", where)
    if isinstance(config.get("vocabulary"), str):
        yield Hazard("vocabulary-path", where, text_of(config["vocabulary"]))
    if use.module and use.module not in _OWN_MODULES and not _is_of_keras(use.module):
        yield Hazard("foreign-module", where, f"{use.module}.{use.name}")
    if _is_utility(use.module):
        function = found.value.get("config")
        told = text_of(function) if isinstance(function, str) else use.name
        yield Hazard("keras-utility", where, f"{use.module}.{told}")


def _is_code(function: Any) -> bool:
    """Whether a function is written as its bytecode, its defaults and its closure."""
    return isinstance(function, list) and bool(function) and isinstance(function[0], str)


def _is_utility(module: str) -> bool:
    """Whether a module of Keras holds tools rather than parts of models."""
    parts = [part for part in module.split(".") if part not in ("src", "api", "_tf_keras", "v2")]
    if parts[0] not in ("keras", "tf_keras") or len(parts) == 1:
        return False
    return parts[1] not in _MODEL_PARTS


def _hazards_of_texts(config: Any) -> Iterator[Hazard]:
    """Paths, addresses and pickles in the texts of a config."""
    waiting: list[tuple[str, str, Any]] = [("", "", config)]
    while waiting:
        where, key, value = waiting.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                where = f"{where}/{name_of(value)}".lstrip("/")
            waiting += [(where, str(name), part) for name, part in value.items()]
        elif isinstance(value, list):
            waiting += [(where, key, part) for part in value]
        elif isinstance(value, str):
            place = text_of(f"{where}: {key}")
            if _PICKLE.match(value):
                yield Hazard("pickle", place)
            elif _PLACE.match(value) and key not in ("name", "vocabulary"):
                yield Hazard("file-path", place, text_of(value))
