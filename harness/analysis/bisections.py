"""Published bisections: what a bisection found at a change point, kept for the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from harness.util.errors import Fault
from harness.util.files import write_atomically
from harness.util.paths import BISECTIONS

SCHEMA = 1


class ChangedLines(NamedTuple):
    """One function that differs between two releases, as a unified diff."""

    file: str
    function: str
    diff: str


class PublishedBisection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one case in one format changed, what is known about it, and the lines that changed.

    ``facts`` are pairs of a subject and what is known about it; ``command`` runs the bisection
    again. ``proven`` says whether the lines are proven to make the change, or are a guess.
    """

    lineage: str
    case: str
    format: str
    start: str
    end: str
    command: str
    facts: Sequence[tuple[str, str]]
    lines: Sequence[ChangedLines]
    proven: bool = False

    @property
    def file_name(self) -> str:
        """The name of the file; there is one for each change point of a case in a format."""
        return f"{self.lineage}-{self.start}-{self.end}.{self.case}.{self.format}.json"


def store_bisection(bisection: PublishedBisection, folder: Path = BISECTIONS) -> Path:
    """Store a bisection in place of an older one of the same change point; return its path."""
    path = folder / bisection.file_name
    document = {"schema": SCHEMA, **msgspec.to_builtins(bisection)}
    write_atomically(path, json.dumps(document, indent=1) + "\n")
    return path


def read_bisections(folder: Path = BISECTIONS) -> list[PublishedBisection]:
    """Return every stored bisection, in the order of the file names.

    Raises:
        Fault: a file does not hold a bisection; the message names it.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> PublishedBisection:
    try:
        document = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        schema = document.pop("schema", None)
        if schema != SCHEMA:
            raise ValueError(f"schema {schema}, expected {SCHEMA}")
        return msgspec.convert(document, type=PublishedBisection)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Fault(f"{path.name} does not hold a bisection ({error})") from error
