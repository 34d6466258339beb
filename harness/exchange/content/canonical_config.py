"""The canonical form of a config: equal for two configs that no loader can tell apart."""

from __future__ import annotations

import json
import re
from typing import Any

#: Names of tensors that Keras generates, from counters that no loader reads.
_GENERATED = re.compile(r"^(keras_tensor|KerasTensor)(_\d+)?$")
#: Keys whose values are arbitrary numbers: only which of them are equal matters.
_ID_KEYS = ("shared_object_id",)
#: Keys with a version, of which loaders compare only the first number.
VERSION_KEYS = ("keras_version",)


def canonical(config: Any) -> str:
    """A config as JSON text: keys sorted, ids and generated names numbered as they first appear."""
    return json.dumps(_Renumbering().of(config), sort_keys=True)


class _Renumbering:
    """Gives generated names and ids new numbers, in the order in which they first appear."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def of(self, value: Any) -> Any:
        """A part of a config with new numbers."""
        if isinstance(value, dict):
            return {key: self._entry(key, value[key]) for key in sorted(value)}
        if isinstance(value, list):
            return [self.of(item) for item in value]
        if isinstance(value, str) and _GENERATED.match(value):
            return f"tensor {self._number(value)}"
        return value

    def _entry(self, key: str, value: Any) -> Any:
        if key in _ID_KEYS and isinstance(value, int):
            return self._number((key, value))
        if key in VERSION_KEYS and isinstance(value, str):
            return value.partition(".")[0]
        return self.of(value)

    def _number(self, name: Any) -> int:
        return self._numbers.setdefault(name, len(self._numbers))
