"""Cases and formats: what there is to run, and the digests that say what a result was made by."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from io import StringIO
from pathlib import Path
from token import COMMENT, DEDENT, INDENT, NEWLINE, NL
from tokenize import TokenError, generate_tokens

from harness.util.paths import CASES, RUNNER, SCRIPT_RUNNER

#: How a model goes to disk and back, in the order of the tables.
FORMATS = ("keras", "h5", "weights", "json", "clone", "savedmodel", "export", "own")
#: Stands in the place of the format in the one cell of a script.
SCRIPT = "script"


@dataclass(frozen=True)
class Case:
    """One file of ``cases/``."""

    name: str
    path: Path

    @cached_property
    def digest(self) -> str:
        """Changes with what is executed: the code of the case and that of the runner."""
        return _digest(_executed(self.path) + _executed(RUNNER))

    @property
    def summary(self) -> str:
        """The first line of the docstring; empty where the file does not parse."""
        return (ast.get_docstring(self._tree) or "").partition("\n")[0]

    def limit(self, asked: float) -> float:
        """The time limit of a cell: ``asked``, or the case's own ``LIMIT`` if shorter.

        In seconds of processor time. A case that hangs in some releases states one, so that each
        hang does not cost the whole time that a slow machine may need for a large case.
        """
        for statement in self._tree.body:
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id="LIMIT")], value=ast.Constant(value=int() | float() as own)
                ):
                    return min(asked, float(own))
        return asked

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of the case: those it names, else its own way if it has one, else others."""
        for statement in self._tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="FORMATS")], value=named):
                    return tuple(ast.literal_eval(named))
                case ast.FunctionDef(name="load"):
                    return ("own",)
        return tuple(name for name in FORMATS if name != "own")

    @cached_property
    def _tree(self) -> ast.Module:
        try:
            return ast.parse(self.path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            return ast.Module([], [])


@dataclass(frozen=True)
class Script(Case):
    """Any file that is run as it is, in the place of a case."""

    @cached_property
    def digest(self) -> str:
        """Changes with the whole script and with what runs it."""
        text = self.path.read_text(encoding="utf-8", errors="replace")
        return _digest(text + _executed(SCRIPT_RUNNER) + _executed(RUNNER))

    @property
    def formats(self) -> tuple[str, ...]:
        """A script has one cell."""
        return (SCRIPT,)

    def limit(self, asked: float) -> float:
        """The time limit that is asked for."""
        return asked


def runner_digest() -> str:
    """Changes with what is executed of the runner."""
    return _digest(_executed(RUNNER))


def all_cases(folder: Path = CASES) -> list[Case]:
    """Every case file, by name."""
    return [
        Case(path.stem, path)
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith("_")
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _executed(path: Path) -> str:
    """The source without comments and docstrings, which make no result; whole if it is wrong."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        documented = {line for node in ast.walk(ast.parse(text)) for line in _docstring_lines(node)}
        tokens = list(generate_tokens(StringIO(text).readline))
    except (SyntaxError, TokenError):
        return text
    return "".join(
        _MARKS.get(token.type, token.string)
        for token in tokens
        if token.start[0] not in documented or token.type in _MARKS
    )


#: Tokens whose own text is layout.
_MARKS = {COMMENT: "", NL: "", NEWLINE: "\n", INDENT: "{", DEDENT: "}"}


def _docstring_lines(node: ast.AST) -> range:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        return range(0)
    if ast.get_docstring(node, clean=False) is None:
        return range(0)
    docstring = node.body[0]
    return range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)
