"""Cases and formats: what there is to run, and the digests that say what a result was made by."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path

from harness.paths import CASES, RUNNER

#: How a model goes to disk and back, in the order of the tables.
FORMATS = ("keras", "h5", "weights", "json", "clone", "savedmodel", "export")


@dataclass(frozen=True)
class Case:
    """One file of ``cases/``."""

    name: str
    path: Path

    @property
    def digest(self) -> str:
        """Changes with the case's content and with the runner's."""
        return _digest(self.path.read_bytes() + RUNNER.read_bytes())

    @property
    def summary(self) -> str:
        """The first line of the docstring; empty where the file does not parse."""
        try:
            docstring = ast.get_docstring(ast.parse(self.path.read_text(encoding="utf-8")))
        except (SyntaxError, UnicodeDecodeError):
            return ""
        return (docstring or "").partition("\n")[0]


def all_cases(folder: Path = CASES) -> list[Case]:
    """Every case file, by name."""
    return [
        Case(path.stem, path)
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith("_")
    ]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
