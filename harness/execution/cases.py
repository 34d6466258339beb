"""Cases: the files of ``cases/``, and scripts that are run in the place of a case."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.execution.digests import case_digest, pair_digest, script_digest
from harness.results.model import FORMATS, SCRIPT
from harness.results.validity import CodeDigests
from harness.util.errors import UsageError
from harness.util.paths import CASE_FOLDERS


def _is_limit(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and value > 0)


def _are_formats(value: Any) -> bool:
    return value is None or (
        isinstance(value, tuple | list) and all(one in FORMATS for one in value)
    )


_FORMATS_NEEDED = f"a tuple of formats, which are {', '.join(FORMATS)}"
#: For each constant of a case: whether a value is valid, and what it must be. None stands for a
#: value that is computed.
_CONSTANTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "LIMIT": (_is_limit, "a number of seconds above 0"),
    "FORMATS": (lambda value: _are_formats(value) and value not in ((), []), _FORMATS_NEEDED),
    "MUST_REFUSE": (_are_formats, _FORMATS_NEEDED),
}

#: The functions of a case that have to return something; the runner checks what `build` returns.
_RETURNING = ("inputs", "applies", "damage", "load")


def _can_return(function: ast.FunctionDef) -> bool:
    """Whether a function returns a value somewhere, or raises an exception."""
    nested = {
        inner
        for other in ast.walk(function)
        if isinstance(other, ast.FunctionDef | ast.Lambda | ast.ClassDef) and other is not function
        for inner in ast.walk(other)
    }
    return any(
        isinstance(node, ast.Raise) or (isinstance(node, ast.Return) and node.value is not None)
        for node in ast.walk(function)
        if node not in nested
    )


@dataclass(frozen=True)
class Case:
    """One file of ``cases/``."""

    name: str
    path: Path

    @cached_property
    def digest(self) -> str:
        """A digest of the code that is executed: that of the case and that of the runner."""
        return case_digest(self.path)

    def pair_options(self, format_name: str) -> tuple[str, ...]:
        """The options with which the command ``pair`` runs this alone; empty if it cannot."""
        return ("--case", self.name, "--format", format_name) if format_name in FORMATS else ()

    @property
    def summary(self) -> str:
        """The first line of the docstring; empty where the file does not parse."""
        return (ast.get_docstring(self._tree) or "").partition("\n")[0]

    def limit(self, requested: float) -> float:
        """The time limit of a cell: the requested one, or the case's own ``LIMIT`` if shorter.

        Both are in seconds of processor time. A case that hangs in some releases sets a ``LIMIT``,
        so that each hang does not take all the time that a slow machine may need for a large case.
        """
        own_limit = self._literal("LIMIT")
        return min(requested, float(own_limit)) if isinstance(own_limit, int | float) else requested

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that the case is run in.

        Those that it names in ``FORMATS``; else ``own`` if it has a ``load`` of its own; else all
        formats but ``own``. If the names are computed or wrong, only the runner can tell which
        they are, so all formats are returned.
        """
        if "FORMATS" in self._globals:
            named = self._literal("FORMATS")
            return tuple(named) if named and _are_formats(named) else FORMATS
        if "load" in self._globals:
            return ("own",)
        return tuple(name for name in FORMATS if name != "own")

    @property
    def must_refuse(self) -> tuple[str, ...]:
        """The formats in which a correct release refuses to load what the case has saved."""
        named = self._literal("MUST_REFUSE")
        return tuple(named) if isinstance(named, tuple | list) else ()

    @property
    def has_custom_objects(self) -> bool:
        """Whether the case has classes or functions of its own that a loader must be given."""
        return "custom_objects" in self._globals

    def check_statically(self) -> None:
        """Find faults that can be seen without running the case.

        These are constants that have an impossible value, unless it is computed, and functions
        that have to return something and never do.

        Raises:
            UsageError: the case has such a fault; the message names the file and the line.
        """
        for name, (is_valid, needed) in _CONSTANTS.items():
            if name in self._globals and not is_valid(self._literal(name)):
                raise UsageError(f"{self._place_of(name)}: {name} must be {needed}")
        for name in _RETURNING:
            function = self._globals.get(name)
            if isinstance(function, ast.FunctionDef) and not _can_return(function):
                raise UsageError(f"{self._place_of(name)}: {name}() returns nothing")

    def line_of(self, name: str) -> int:
        """The line that defines a name at the top of the case; 1 where nothing does."""
        return int(getattr(self._globals.get(name), "lineno", 1))

    def _place_of(self, name: str) -> str:
        return f"{self.path.name}, line {self.line_of(name)}"

    def _literal(self, name: str) -> Any:
        """The value of a constant at the top of the case; None where it is computed or missing."""
        try:
            return ast.literal_eval(self._globals[name])
        except (KeyError, ValueError, TypeError):
            return None

    @cached_property
    def _globals(self) -> dict[str, ast.AST]:
        """The statements and values that define a name at the top of the case, by that name."""
        defined: dict[str, ast.AST] = {}
        for statement in self._tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    defined[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    defined[name] = value
                case ast.FunctionDef(name=name):
                    defined[name] = statement
        return defined

    @cached_property
    def _tree(self) -> ast.Module:
        try:
            return ast.parse(self.path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            return ast.Module([], [])


@dataclass(frozen=True)
class Script(Case):
    """Any Python file, run unchanged in the place of a case."""

    @cached_property
    def digest(self) -> str:
        """A digest of the whole script and of the code that runs it."""
        return script_digest(self.path)

    def pair_options(self, format_name: str) -> tuple[str, ...]:
        """The options that name the script, by its name alone, as in a published answer."""
        return ("--script", self.path.name)

    @property
    def formats(self) -> tuple[str, ...]:
        """The one format of a script, which has a single cell."""
        return (SCRIPT,)

    def limit(self, requested: float) -> float:
        """The requested time limit."""
        return requested


def all_cases(*folders: Path) -> list[Case]:
    """All cases of these folders, by default of the chosen ones, ordered by name.

    Raises:
        UsageError: two folders have a case of the same name.
    """
    cases: dict[str, Case] = {}
    for folder in folders or CASE_FOLDERS:
        for path in folder.glob("*.py"):
            if path.name.startswith("_"):
                continue
            other = cases.setdefault(path.stem, Case(path.stem, path))
            if other.path != path:
                raise UsageError(f"two cases have one name: {other.path} and {path}")
    return [cases[name] for name in sorted(cases)]


def code_digests(cases: Iterable[Case]) -> CodeDigests:
    """The digests of the present code, which a result made now would have."""
    return CodeDigests({case.name: case.digest for case in cases}, pair_digest())
