"""Digests of the code that makes results: a result is valid as long as its digest is unchanged."""

from __future__ import annotations

import ast
import hashlib
import platform
import sys
from functools import cache
from pathlib import Path

from harness.environments.builder import INSTALL_RULES
from harness.util.paths import READER, ROUND_TRIP, RUNNER, SCRIPT_RUNNER
from harness.util.syntax import code_of


def case_digest(path: Path) -> str:
    """A digest of the code of a case file and of the runner."""
    return _digest(_executed(path) + _runner())


def reading_digest(path: Path) -> str:
    """A digest of the code of a case file, of the runner and of the reader of saved files."""
    return _digest(_executed(path) + _runner() + _executed(READER))


def script_digest(path: Path) -> str:
    """A digest of the whole text of a script and of the code that runs it."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return _digest(text + _executed(SCRIPT_RUNNER) + _runner())


def pair_digest() -> str:
    """A digest of everything that can change the outcome of a whole pair.

    That is the runner, the installation rules, and the kind of machine.
    """
    runner = _digest(_runner())
    return _digest(f"{runner} {INSTALL_RULES} {sys.platform} {platform.machine()}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _runner() -> str:
    """The code that runs cells: the program and its package."""
    return "".join(map(_executed, (RUNNER, *sorted(ROUND_TRIP.glob("*.py")))))


@cache
def _executed(path: Path) -> str:
    """The code of a source file, as `code_of` writes it; a file that does not parse as it is."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return code_of(ast.parse(text))
    except (SyntaxError, ValueError):
        return text
