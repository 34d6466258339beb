"""The graphs of a SavedModel folder as lines of text, equal for graphs that compute alike.

Two runs of one writer never write the same bytes: TensorFlow numbers functions, tensors and
variables from counters of the process, and some lists are in the order of a set. So the numbers in
names are left out, or counted anew in each function, and what has no order is sorted. Functions
that only save and restore variables are left out, since the variables themselves are compared; so
are the version of TensorFlow and its list of operations.

The messages are described in ``tensorflow/core/protobuf/saved_model.proto``, and in those that it
names.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.exchange.content.canonical_config import canonical
from harness.util.protocol_buffers import fields

#: The file of the graphs, and that in which Keras 2.5 and newer describe the objects.
SAVED_MODEL, KERAS_METADATA = "saved_model.pb", "keras_metadata.pb"
#: The numbers of the fields that lead to a value.
FieldPath = tuple[int, ...]

_CONTROL = re.compile(rb"[\x00-\x1f]")
_NUMBER = re.compile(r"\d+")
#: In a meta graph: a node of the main graph, a function, a saved object, and a function as the
#: saved objects know it.
_NODE, _FUNCTION = (2, 2, 1), (2, 2, 2, 1)
_OBJECTS = (2, 7)
_OBJECT, _CONCRETE_FUNCTION = (*_OBJECTS, 1), (*_OBJECTS, 2)
_UNORDERED = (_NODE, _FUNCTION, _OBJECT, _CONCRETE_FUNCTION)
#: The list of operations, the versions of TensorFlow, those of a graph, how variables are saved,
#: and what the arguments of a function were called.
_LEFT_OUT = ((2, 1, 2), (2, 1, 5), (2, 1, 6), (2, 2, 4), (2, 3), (*_FUNCTION, 7), (*_FUNCTION, 8))
#: The field of a node that names its operation, and where the elements of a tensor stand in a node.
_OPERATION = 2
_TENSOR = (5, 2, 8)
#: By which a function or node that saves or restores variables is recognised.
_OF_CHECKPOINTS = {
    _FUNCTION: re.compile(r"_traced_(save|restore)"),
    _NODE: re.compile(r"VariableOp|[Ss]aver|\.ATTRIBUTES/"),
}


def graph_lines(saved_model: bytes) -> list[str]:
    """The content of ``saved_model.pb``, a value on each line.

    Raises:
        ValueError: it is no protocol buffer, or damaged.
    """
    return _lines(saved_model, (), _without_numbers)


def keras_metadata(folder: Path) -> Iterator[tuple[str, str]]:
    """The descriptions by Keras of the objects in a SavedModel folder: path and JSON text of each.

    The path of the model is ``root``. Keras 2.4 and older, and `export`, write none.

    Raises:
        ValueError: it is damaged.
    """
    path = folder / KERAS_METADATA
    if path.is_file():
        for node in _messages(path.read_bytes(), (1,)):
            values = dict(fields(node))
            yield _decoded(values.get(3)), _decoded(values.get(5)) or "{}"


def _decoded(value: int | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def operations(saved_model: bytes) -> Counter[str]:
    """How often each operation occurs in the functions of ``saved_model.pb``.

    Raises:
        ValueError: as for `graph_lines`.
    """
    found: Counter[str] = Counter()
    for function in _messages(saved_model, _FUNCTION):
        if not _is_of_checkpoints(_FUNCTION, _lines(function, _FUNCTION, str)):
            names = (dict(fields(node)).get(_OPERATION) for node in _messages(function, (3,)))
            found.update(name.decode(errors="replace") for name in names if isinstance(name, bytes))
    return found


def _messages(message: bytes, path: FieldPath) -> Iterator[bytes]:
    """The messages that a path leads to."""
    if not path:
        yield message
        return
    for number, value in fields(message):
        if number == path[0] and isinstance(value, bytes):
            yield from _messages(value, path[1:])


def _lines(message: bytes, path: FieldPath, shown: Callable[[str], str]) -> list[str]:
    """The lines of a message; ``shown`` formats texts that are not elements of a tensor."""
    ordered: list[str] = []
    unordered: list[tuple[FieldPath, list[str]]] = []
    if path == _FUNCTION:
        shown = _Renumbering()
    for number, value in fields(message):
        place = (*path, number)
        if place in _LEFT_OUT or (place[:2] == _OBJECTS and isinstance(value, int)):
            continue
        lines = _value_lines(value, place, shown)
        if _is_of_checkpoints(place, lines):
            continue
        if place in _UNORDERED:
            unordered.append((place, lines))
        else:
            ordered += lines
    return ordered + [line for _, lines in sorted(unordered) for line in lines]


def _value_lines(value: int | bytes, path: FieldPath, shown: Callable[[str], str]) -> list[str]:
    """The lines of a value: a number, a text, a message, or bytes."""
    indent = " " * (len(path) - 1)
    if isinstance(value, int):
        return [f"{indent}{path[-1]} {value}"]
    if (text := _text(value)) is not None:
        is_element = path[-4:-1] == _TENSOR
        return [f"{indent}{path[-1]} {text if is_element else _name(text, shown)}"]
    try:
        return [f"{indent}{path[-1]} {{", *_lines(value, path, shown), f"{indent}}}"]
    except ValueError:
        # in the objects these are numbers of other objects
        return [] if path[:2] == _OBJECTS else [f"{indent}{path[-1]} {value!r}"]


def _text(value: bytes) -> str | None:
    """A value that is written in printable characters, as text."""
    if _CONTROL.search(value):
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _name(text: str, shown: Callable[[str], str]) -> str:
    """A name, formatted by ``shown``, or the config of an object in its canonical form."""
    if text.startswith("{"):
        try:
            return canonical(json.loads(text))
        except ValueError:
            pass
    return shown(text)


def _is_of_checkpoints(path: FieldPath, lines: list[str]) -> bool:
    """Whether a function, or a node of the main graph, only saves and restores variables."""
    sign = _OF_CHECKPOINTS.get(path)
    return sign is not None and any(sign.search(line) for line in lines)


def _without_numbers(text: str) -> str:
    return _NUMBER.sub("#", text)


class _Renumbering:
    """Writes names with new numbers, in the order in which these first appear."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        return _NUMBER.sub(self._new_number, text)

    def _new_number(self, match: re.Match[str]) -> str:
        return str(self._numbers.setdefault(match[0], len(self._numbers)))
