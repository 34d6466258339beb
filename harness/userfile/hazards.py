"""What is dangerous in a config: code, modules outside of Keras, paths, addresses and pickles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.userfile.facts import FileFacts, Hazard, text_of
from harness.userfile.objects import Found, is_of_keras, objects_in, parts_of, use_of

#: The parts of Keras whose objects make up models. Anything else of Keras is a tool.
_MODEL_PARTS = frozenset(
    ("layers", "models", "initializers", "regularizers", "constraints", "optimizers", "losses",
     "metrics", "activations", "dtype_policies", "mixed_precision", "quantizers", "engine", "ops",
     "random", "applications", "legacy", "feature_column", "premade_models", "backend", "trainers",
     "distribution", "export", "operations")
)  # fmt: skip
#: The modules of classes and functions for which nothing has to be imported.
_OWN_MODULES = frozenset(("", "builtins", "__main__"))
#: Text that is a path on a machine, or an address.
_PLACE = re.compile(r"^(/[\w.~-]+/|~/|\.\./|[A-Za-z]:\\|\\\\)|^[a-z][a-z0-9+.-]{1,9}://")
#: How base64 of a pickle of protocol 2 to 5 begins; ``\x80\x04\x95`` for example is ``gASV``.
_PICKLE = re.compile(r"^gA[I-Z][A-Za-z0-9+/=\s]{20}")


def take_hazards(config: Any, facts: FileFacts) -> None:
    """Add the hazards in a config to the facts."""
    facts.add_hazards(hazard for found in objects_in(config) for hazard in _hazards_of(found))
    facts.add_hazards(_hazards_of_texts(config))


def _hazards_of(found: Found) -> Iterator[Hazard]:
    name, use, config = found.name, use_of(found), found.value.get("config")
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
    if use.module and use.module not in _OWN_MODULES and not is_of_keras(use.module):
        yield Hazard("foreign-module", where, f"{use.module}.{use.name}")
    if _is_utility(use.module):
        function = found.value.get("config")
        tool = text_of(function) if isinstance(function, str) else use.name
        yield Hazard("keras-utility", where, f"{use.module}.{tool}")


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
    for where, key, value in parts_of(config):
        if isinstance(value, str):
            place = text_of(f"{where}: {key}")
            if _PICKLE.match(value):
                yield Hazard("pickle", place)
            elif _PLACE.match(value) and key not in ("name", "vocabulary"):
                yield Hazard("file-path", place, text_of(value))
