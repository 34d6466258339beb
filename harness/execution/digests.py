"""Digests of the code that makes results: a result is valid as long as its digest is unchanged."""

from __future__ import annotations

import ast
import hashlib
import platform
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from harness.environments.builder import INSTALL_RULES
from harness.util.paths import READER, ROUND_TRIP, RUNNER, SCRIPT_RUNNER


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
    """What is executed of a source file: its syntax tree without docstrings and positions.

    The text is the same whichever Python writes it. A file that does not parse is taken whole.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return _written(ast.parse(text))
    except (SyntaxError, ValueError):
        return text


def _written(value: object) -> str:
    """A syntax tree, or a part of one, as text.

    `ast.dump` differs between versions of Python in what it leaves out; this leaves out all fields
    that are empty.
    """
    if isinstance(value, ast.AST):
        fields = (f"{name}={text}" for name, text in _fields(value))
        return f"{type(value).__name__}({','.join(fields)})"
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    return ascii(value)


def _fields(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names and texts of the fields of a node that are not empty."""
    for name, value in ast.iter_fields(node):
        executed = value
        if name == "body" and _has_docstring(node):
            executed = value[1:]
        elif isinstance(node, ast.JoinedStr):  # Python 3.12.0 and 3.12.1 add empty texts
            executed = [part for part in value if not _is_empty_text(part)]
        if executed is not None and executed != [] and name not in ("kind", "type_comment"):
            yield name, _written(executed)


def _is_empty_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""


def _has_docstring(node: ast.AST) -> bool:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
