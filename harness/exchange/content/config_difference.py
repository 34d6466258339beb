"""The difference of two configs: which keys of which classes were added, removed or changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from harness.util.escaping import shortened

#: Characters of a value that is shown.
LONGEST_VALUE = 40
Operation = Literal["adds", "removes", "changes"]
_MISSING = object()


class ConfigChange(NamedTuple):
    """A change of one key in the config of one object.

    ``owner`` is the class of the object. ``values`` is the value in words or, for the operation
    ``changes``, the values before and after; empty if they are too long.
    """

    owner: str
    operation: Operation
    key: str
    values: str


def config_changes(before: Any, after: Any, owner: str) -> Iterator[ConfigChange]:
    """The changes from one config to another.

    Objects are dictionaries with ``class_name`` and ``config``. A key belongs to the nearest object
    around it, so that a change of an initializer is no change of its layer. ``owner`` is the name
    for keys outside of any object.
    """
    if _is_object(before) and _is_object(after):
        if before["class_name"] != after["class_name"]:
            yield _change(owner, "class_name", before["class_name"], after["class_name"])
        yield from _of_objects(before, after)
    else:
        yield from _walk(before, after, owner, "")


def _walk(before: Any, after: Any, owner: str, key: str) -> Iterator[ConfigChange]:
    if _is_same(before, after):
        return
    if _is_object(before) and _is_object(after) and before["class_name"] == after["class_name"]:
        yield from _of_objects(before, after)
    elif _is_plain(before) and _is_plain(after):
        yield from _of_mappings(before, after, owner, key)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, owner, key)
    else:
        yield _change(owner, key, before, after)


def _of_objects(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ConfigChange]:
    owner = str(after["class_name"])
    outside = [
        {key: value for key, value in each.items() if key not in ("class_name", "config")}
        for each in (before, after)
    ]
    yield from _walk(before["config"], after["config"], owner, "")
    yield from _of_mappings(outside[0], outside[1], owner, "")


def _of_mappings(
    before: Mapping[str, Any], after: Mapping[str, Any], owner: str, key: str
) -> Iterator[ConfigChange]:
    for name in [*before, *(name for name in after if name not in before)]:
        inner = f"{key}.{name}".lstrip(".")
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        if old is _MISSING:
            yield ConfigChange(owner, "adds", inner, _value(new))
        elif new is _MISSING:
            yield ConfigChange(owner, "removes", inner, _value(old))
        else:
            yield from _walk(old, new, owner, inner)


def _of_lists(
    before: Sequence[Any], after: Sequence[Any], owner: str, key: str
) -> Iterator[ConfigChange]:
    if len(before) == len(after) and any(map(_holds_objects, before)):
        for old, new in zip(before, after, strict=True):
            yield from _walk(old, new, owner, key)
    else:
        yield _change(owner, key, before, after)


def _change(owner: str, key: str, before: Any, after: Any) -> ConfigChange:
    values = _value(before), _value(after)
    return ConfigChange(owner, "changes", key, " → ".join(values) if all(values) else "")


def _is_same(before: Any, after: Any) -> bool:
    """Whether two values are the same JSON; for Python alone, 1 is 1.0 and True."""
    return bool(before == after) and json.dumps(before) == json.dumps(after)


def _is_object(value: Any) -> bool:
    """Whether a value is a serialized object, and not a tensor among the arguments of a call."""
    return (
        isinstance(value, dict)
        and {"class_name", "config"} <= value.keys()
        and not str(value["class_name"]).startswith("__")
    )


def _is_plain(value: Any) -> bool:
    return isinstance(value, dict) and not _is_object(value)


def _holds_objects(value: Any) -> bool:
    """Whether a value holds a serialized object, and not only tensors and numbers."""
    if _is_object(value):
        return True
    if isinstance(value, dict | list):
        return any(map(_holds_objects, value.values() if isinstance(value, dict) else value))
    return False


def _value(value: Any) -> str:
    """A value in few words: JSON, or the class of an object; empty for a long list."""
    if _is_object(value):
        return shortened(str(value["class_name"]), LONGEST_VALUE)
    text = json.dumps(value)
    if isinstance(value, dict | list) and len(text) > LONGEST_VALUE:
        return ""
    return shortened(text, LONGEST_VALUE)
