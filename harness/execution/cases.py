"""Cases: the files of ``cases/``, and scripts that are run in the place of a case."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.execution.digests import case_digest, pair_digest, script_digest
from harness.results.model import FORMATS, SCRIPT
from harness.results.validity import CodeDigests
from harness.util.paths import CASES


@dataclass(frozen=True)
class Case:
    """One file of ``cases/``."""

    name: str
    path: Path

    @cached_property
    def digest(self) -> str:
        """A digest of the code that is executed: that of the case and that of the runner."""
        return case_digest(self.path)

    @property
    def summary(self) -> str:
        """The first line of the docstring; empty where the file does not parse."""
        return (ast.get_docstring(self._tree) or "").partition("\n")[0]

    def limit(self, requested: float) -> float:
        """The time limit of a cell: the requested one, or the case's own ``LIMIT`` if shorter.

        Both are in seconds of processor time. A case that hangs in some releases sets a ``LIMIT``,
        so that each hang does not take all the time that a slow machine may need for a large case.
        """
        for statement in self._tree.body:
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id="LIMIT")],
                    value=ast.Constant(value=int() | float() as own_limit),
                ):
                    return min(requested, float(own_limit))
        return requested

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that the case is run in.

        Those that it names in ``FORMATS``; else ``own`` if it has a ``load`` of its own; else all
        formats but ``own``.
        """
        for statement in self._tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="FORMATS")], value=names):
                    return tuple(ast.literal_eval(names))
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
    """Any Python file, run unchanged in the place of a case."""

    @cached_property
    def digest(self) -> str:
        """A digest of the whole script and of the code that runs it."""
        return script_digest(self.path)

    @property
    def formats(self) -> tuple[str, ...]:
        """The one format of a script, which has a single cell."""
        return (SCRIPT,)

    def limit(self, requested: float) -> float:
        """The requested time limit."""
        return requested


def all_cases(folder: Path = CASES) -> list[Case]:
    """All cases of a folder, ordered by name."""
    return [
        Case(path.stem, path)
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith("_")
    ]


def code_digests(cases: Iterable[Case]) -> CodeDigests:
    """The digests of the present code, which a result made now would have."""
    return CodeDigests({case.name: case.digest for case in cases}, pair_digest())
