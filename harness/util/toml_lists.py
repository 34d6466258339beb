"""Lists that people keep in TOML files: the ``[[change]]`` tables of a file, checked on reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness.util.errors import Fault

Entry = TypeVar("Entry", bound=msgspec.Struct)


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    change: list[Any] = []


def read_list(path: Path, entry_type: type[Entry]) -> list[Entry]:
    """Return the ``[[change]]`` tables of a file in its order; an empty list without a file.

    An entry type that forbids unknown fields makes a misspelt key an error. A ``ValueError`` from
    its ``__post_init__`` is reported like a value of a wrong type.

    Raises:
        Fault: the file is not TOML, or an entry is wrong; the message names the file, the number
            of the entry and what is wrong with it.
    """
    if not path.exists():
        return []
    try:
        document = msgspec.toml.decode(path.read_bytes(), type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Fault(f"{path.name}: {error}") from error
    return [
        _convert(table, entry_type, f"{path.name}: entry {number}")
        for number, table in enumerate(document.change, start=1)
    ]


def _convert(table: object, entry_type: type[Entry], name: str) -> Entry:
    try:
        return msgspec.convert(table, type=entry_type)
    except msgspec.ValidationError as error:
        raise Fault(f"{name}: {error}") from error
