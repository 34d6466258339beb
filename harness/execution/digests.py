"""Digests of the code that makes results: a result is valid as long as its digest is unchanged."""

from __future__ import annotations

import ast
import hashlib
import platform
import sys
from functools import cache
from io import StringIO
from pathlib import Path
from token import COMMENT, DEDENT, INDENT, NEWLINE, NL
from tokenize import TokenError, generate_tokens

from harness.environments.builder import INSTALL_RULES
from harness.util.paths import RUNNER, SCRIPT_RUNNER

#: Tokens that only lay out the code, and the text that stands for each of them.
_LAYOUT = {COMMENT: "", NL: "", NEWLINE: "\n", INDENT: "{", DEDENT: "}"}


def case_digest(path: Path) -> str:
    """A digest of the code of a case file and of the runner."""
    return _digest(_executed(path) + _executed(RUNNER))


def script_digest(path: Path) -> str:
    """A digest of the whole text of a script and of the code that runs it."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return _digest(text + _executed(SCRIPT_RUNNER) + _executed(RUNNER))


def pair_digest() -> str:
    """A digest of everything that can change the outcome of a whole pair.

    That is the runner, the installation rules, and the kind of machine.
    """
    runner = _digest(_executed(RUNNER))
    return _digest(f"{runner} {INSTALL_RULES} {sys.platform} {platform.machine()}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _executed(path: Path) -> str:
    """The source without comments and docstrings, which do not change a result.

    Whole lines are left out, so a docstring must start on a line of its own. The end of its last
    line stays: the digest changes when a docstring is added or removed, but not when it is edited.
    A file that does not parse is taken whole.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        documented = {line for node in ast.walk(ast.parse(text)) for line in _docstring_lines(node)}
        tokens = list(generate_tokens(StringIO(text).readline))
    except (SyntaxError, TokenError):
        return text
    return "".join(
        _LAYOUT.get(token.type, token.string)
        for token in tokens
        if token.start[0] not in documented or token.type in _LAYOUT
    )


def _docstring_lines(node: ast.AST) -> range:
    """The line numbers of a node's docstring; empty where it has none."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        return range(0)
    if ast.get_docstring(node, clean=False) is None:
        return range(0)
    docstring = node.body[0]
    return range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)
