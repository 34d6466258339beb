"""The layers of a config as a table: paths, calls, input shapes; and the inputs of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from harness.userfile.facts import MOST_LAYERS, FileFacts, Input, Layer, text_of
from harness.userfile.objects import name_of

_DEEPEST = 30
_WRAPPED = ("layer", "forward_layer", "cell")
_DTYPE = re.compile(r"(u?int|float|bfloat)\d+|bool|string")
_SHAPES = ("batch_shape", "batch_input_shape")


def take_layers(model: Mapping[str, Any], facts: FileFacts) -> None:
    """Add the layers, the inputs and the keys of the outputs of a model's config to the facts.

    ``model`` is the object that ``to_json`` or an archive holds: ``class_name`` and ``config``.
    """
    facts.model = text_of(model.get("class_name", ""))
    for layer in _layers(model, "", 0):
        if len(facts.layers) < MOST_LAYERS:
            facts.layers.append(layer)
        else:
            facts.left_out += 1
    facts.inputs = list(_inputs(model))
    config = model.get("config")
    outputs = config.get("output_layers") if isinstance(config, dict) else None
    facts.output_keys = [text_of(key) for key in outputs] if isinstance(outputs, dict) else []


def members_of(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The serialized layers of a model, in their order; none for a subclassed model.

    The config of a Sequential of Keras 1 and of early 2 is a list.
    """
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list):
        return []
    return [layer for layer in layers if isinstance(layer, dict) and "class_name" in layer]


def _layers(model: Mapping[str, Any], prefix: str, depth: int) -> Iterator[Layer]:
    """The layers of a model, each followed by those in it."""
    for member in members_of(model):
        path = prefix + name_of(member)
        yield Layer(path, _class_of(member), _calls_of(member), _shape_of(member))
        if depth < _DEEPEST:
            yield from _layers(member, path + "/", depth + 1)


def _class_of(member: Mapping[str, Any]) -> str:
    """The class of a layer, with the one that it wraps: ``Bidirectional(LSTM)``."""
    name = text_of(member["class_name"])
    config = member.get("config")
    wrapped = [config.get(key) for key in _WRAPPED] if isinstance(config, dict) else []
    inner = next(
        (part for part in wrapped if isinstance(part, dict) and "class_name" in part), None
    )
    return f"{name}({text_of(inner['class_name'])})" if inner else name


def _calls_of(member: Mapping[str, Any]) -> int:
    nodes = member.get("inbound_nodes")
    return len(nodes) if isinstance(nodes, list) and nodes else 1


def _shape_of(member: Mapping[str, Any]) -> str:
    shape = _written_shape(member)
    return "" if shape is None else text_of(str(shape).replace("None", "?"))


def _written_shape(member: Mapping[str, Any]) -> Any:
    """The input shape of a layer, with the batch; None if it is not written."""
    config, built = member.get("config"), member.get("build_config")
    if isinstance(config, dict):
        for key in _SHAPES:
            if isinstance(shape := _untagged(config.get(key)), list):
                return shape
    return _untagged(built.get("input_shape")) if isinstance(built, dict) else None


def _untagged(shape: Any) -> Any:
    """A shape without the object that a SavedModel puts around it: ``__tuple__`` with ``items``."""
    return shape["items"] if isinstance(shape, dict) and "items" in shape else shape


# ---------------------------------------------------------------- inputs


def _inputs(model: Mapping[str, Any]) -> Iterator[Input]:
    """The inputs of a model in the order of its arguments, as far as the config tells them."""
    members = members_of(model)
    config = model.get("config")
    named = config.get("input_layers") if isinstance(config, dict) else None
    if named is None:
        yield from _first_input(model, members)
        return
    by_name = {name_of(member): member for member in members}
    found = [_input(name, by_name.get(name)) for name in _names_in(named)]
    told = [each for each in found if each is not None]
    if len(told) == len(found):  # a part of the inputs would be of no use
        for each in told:
            yield msgspec.structs.replace(each, below=_integers_below(each.name, members))


def _first_input(model: Mapping[str, Any], members: Sequence[Mapping[str, Any]]) -> Iterator[Input]:
    name = name_of(members[0] if members else model)
    found = (_input(name, members[0]) if members else None) or _input(name, model)
    if found is not None:
        first = [member for member in members if member["class_name"] != "InputLayer"][:1]
        yield msgspec.structs.replace(found, below=_embedded(first[0]) if first else None)


def _names_in(named: Any) -> list[str]:
    """The names of input layers: ``[["a", 0, 0]]``, ``["a", 0, 0]``, or a dict of these."""
    if isinstance(named, dict):
        return [name for part in named.values() for name in _names_in(part)]
    if not isinstance(named, list) or not named:
        return []
    if isinstance(named[0], str):
        return [named[0]]
    return [name for part in named for name in _names_in(part)]


def _input(name: str, member: Mapping[str, Any] | None) -> Input | None:
    shape = _written_shape(member) if member else None
    if member is None or not isinstance(shape, list) or not shape:
        return None
    if not all(length is None or _is_length(length) for length in shape):
        return None
    return Input(name, tuple(shape[1:]), _dtype_of(member), batch=shape[0])


def _is_length(value: Any) -> bool:
    """Whether a value is a positive number; for Python, true is one, too."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _dtype_of(member: Mapping[str, Any]) -> str:
    """The dtype of an input; ``float32`` if none is written, or one that NumPy does not know."""
    config = member.get("config")
    dtype = config.get("dtype") if isinstance(config, dict) else None
    policy = dtype.get("config") if isinstance(dtype, dict) else None
    name = policy.get("name") if isinstance(policy, dict) else dtype
    return name if isinstance(name, str) and _DTYPE.fullmatch(name) else "float32"


def _integers_below(name: str, members: Sequence[Mapping[str, Any]]) -> int | None:
    """The smallest ``input_dim`` of the Embeddings that are called on an input."""
    called = (member for member in members if name in _called_on(member.get("inbound_nodes")))
    sizes = (_embedded(member) for member in called)
    return min((size for size in sizes if size is not None), default=None)


def _embedded(member: Mapping[str, Any]) -> int | None:
    """The ``input_dim`` of an Embedding, or of the first layer of a model; None for others."""
    config = member.get("config")
    if member.get("class_name") == "Embedding" and isinstance(config, dict):
        size = config.get("input_dim")
        return size if _is_length(size) else None
    inner = [part for part in members_of(member) if part.get("class_name") != "InputLayer"]
    return _embedded(inner[0]) if inner else None


def _called_on(nodes: Any) -> set[str]:
    """The names of the layers whose outputs a layer is called on.

    A node is ``[["a", 0, 0, {}]]`` in Keras 2, and in Keras 3 an object with ``keras_history``.
    """
    names: set[str] = set()
    waiting = [nodes]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
                names.add(value[0])
            waiting += [part for part in value if isinstance(part, list | dict)]
    return names
