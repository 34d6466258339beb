"""Cases: the files of ``cases/``, and scripts that take the place of one."""

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
        """Changes with the code that is executed: that of the case and that of the runner."""
        return case_digest(self.path)

    @property
    def summary(self) -> str:
        """The first line of the docstring; empty where the file does not parse."""
        return (ast.get_docstring(self._tree) or "").partition("\n")[0]

    def limit(self, asked: float) -> float:
        """The time limit of a cell: ``asked``, or the case's own ``LIMIT`` if that is shorter.

        In seconds of processor time. A case that hangs in some releases sets one, so that each
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
        """The formats that the case is run in.

        Those it names in ``FORMATS``; ``own`` if it has a ``load`` of its own; else all others.
        """
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
        """Changes with the whole script and with the code that runs it."""
        return script_digest(self.path)

    @property
    def formats(self) -> tuple[str, ...]:
        """A script has one cell."""
        return (SCRIPT,)

    def limit(self, asked: float) -> float:
        """The time limit that is asked for."""
        return asked


def all_cases(folder: Path = CASES) -> list[Case]:
    """Every case file, by name."""
    return [
        Case(path.stem, path)
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith("_")
    ]


def code_digests(cases: Iterable[Case]) -> CodeDigests:
    """The digests that a result made now would have."""
    return CodeDigests({case.name: case.digest for case in cases}, pair_digest())
