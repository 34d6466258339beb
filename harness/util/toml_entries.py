"""Tables that people write: the entries of a TOML file, held to a form."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.util.errors import Fault

#: The table that every file repeats.
TABLE = "change"


@dataclass(frozen=True)
class Form:
    """The keys of an entry: those that hold a text, those that hold a list of texts."""

    texts: frozenset[str]
    lists: frozenset[str]
    required: tuple[str, ...]

    def wrong(self, entry: Mapping[str, Any]) -> Iterator[str]:
        """What an entry has not as it must be."""
        known = self.texts | self.lists
        yield from (f"does not know {key}" for key in sorted(entry.keys() - known))
        yield from (f"lacks {key}" for key in self.required if key not in entry)
        for key in sorted(entry.keys() & known):
            if key in self.texts and not isinstance(entry[key], str):
                yield f"has no text as {key}"
            if key in self.lists and not _is_list_of_texts(entry[key]):
                yield f"has no list of texts as {key}"


def read_entries(path: Path, form: Form) -> list[dict[str, Any]]:
    """The entries of a file, in its order; none where there is no file.

    Raises:
        Fault: the file is not TOML or an entry has not the form; the message names the entry.
    """
    if not path.exists():
        return []
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Fault(f"{path.name}: {error}") from error
    entries = document.pop(TABLE, [])
    if document:
        raise Fault(f"{path.name}: does not know {', '.join(document)}")
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise Fault(f"{path.name}: its entries begin with [[{TABLE}]]")
    for place, entry in enumerate(entries, 1):
        if wrong := next(form.wrong(entry), ""):
            raise Fault(f"{path.name}: entry {place} {wrong}")
    return entries


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
