"""What is executed on old Pythons has a syntax that they know."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.execution.cases import all_cases
from harness.results.model import FORMATS
from harness.util.paths import (
    FILE_READER,
    FORKSERVER,
    GUEST,
    LEDGER_PROGRAM,
    READER,
    ROUND_TRIP,
    RUNNER,
    SCRIPT_RUNNER,
    TRACER,
)

OLDEST_SYNTAX = (3, 6)
#: The fork server needs TensorFlow 2.16, and that needs Python 3.9.
FORKSERVER_SYNTAX = (3, 9)
FORKED_CHILD = GUEST / "forked_child.py"
PROGRAMS = (RUNNER, READER, SCRIPT_RUNNER, LEDGER_PROGRAM, FILE_READER, TRACER)
#: What `FILE_READER` imports.
PARTS = tuple(GUEST / f"{name}.py" for name in ("arrays", "rewrites", "rewriting", "user_code"))


@pytest.mark.parametrize(
    "path",
    [
        *PROGRAMS,
        *PARTS,
        *ROUND_TRIP.glob("*.py"),
        *(case.path for case in all_cases()),
    ],
    ids=lambda path: path.stem,
)
def test_what_runs_in_every_environment_has_the_syntax_of_python_3_6(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=OLDEST_SYNTAX)


@pytest.mark.parametrize("path", [FORKSERVER, FORKED_CHILD], ids=lambda path: path.stem)
def test_the_fork_server_has_the_syntax_of_the_oldest_python_that_can_run_it(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=FORKSERVER_SYNTAX)


def test_every_guest_program_is_checked() -> None:
    assert set(GUEST.glob("*.py")) == {*PROGRAMS, *PARTS, FORKSERVER, FORKED_CHILD}
    assert {path.parent for path in GUEST.rglob("*.py")} == {GUEST, ROUND_TRIP}


def test_the_syntax_check_can_fail() -> None:
    with pytest.raises(SyntaxError):
        ast.parse("if (n := 1): pass", feature_version=OLDEST_SYNTAX)


def test_the_runner_knows_the_formats_of_the_tables() -> None:
    tree = ast.parse((ROUND_TRIP / "formats.py").read_text(encoding="utf-8"))
    (formats,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FORMATS"
    )
    assert isinstance(formats, ast.Dict)
    assert tuple(ast.literal_eval(key) for key in formats.keys if key) == FORMATS
