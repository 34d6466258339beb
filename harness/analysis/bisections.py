"""Published answers: what a bisection found at a change point, kept for the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from harness.util.errors import Fault
from harness.util.files import write_atomically
from harness.util.paths import ANSWERS

SCHEMA = 1


class ChangedLines(NamedTuple):
    """One function that differs between two releases, as a unified diff."""

    file: str
    function: str
    diff: str


@dataclass(frozen=True)
class PublishedBisection:
    """Where one case in one format changed, what is known of it, and the lines that changed.

    ``facts`` are pairs of what a fact is about and what it says; ``command`` asks the same again.
    """

    lineage: str
    case: str
    format: str
    start: str
    end: str
    command: str
    facts: Sequence[tuple[str, str]]
    lines: Sequence[ChangedLines]

    @property
    def file_name(self) -> str:
        """One file for each change point of a cell."""
        return f"{self.lineage}-{self.start}-{self.end}.{self.case}.{self.format}.json"


def store_bisection(answer: PublishedBisection, folder: Path = ANSWERS) -> Path:
    """Keep an answer, in the place of an older one to the same question."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / answer.file_name
    write_atomically(path, json.dumps({"schema": SCHEMA, **asdict(answer)}, indent=1) + "\n")
    return path


def read_bisections(folder: Path = ANSWERS) -> list[PublishedBisection]:
    """Every answer that is kept.

    Raises:
        Fault: a file is not one; the message names it.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> PublishedBisection:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("schema") != SCHEMA:
            raise ValueError("another schema")
        document["lines"] = [ChangedLines(*each) for each in document["lines"]]
        document["facts"] = [(about, says) for about, says in document["facts"]]
        return PublishedBisection(**document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Fault(f"{path.name} is not an answer of a bisection ({error})") from error
