"""A checkout for each test of a command, and the command line run inside the test's process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli.main import run_command
from harness.environments.builder import Environment
from harness.execution.cases import all_cases, code_digests
from harness.results import store
from harness.results.model import Result
from harness.util.errors import ExitCode
from tests import recorded
from tests.cli.clones import (
    CELLS,
    PAIR_IDS,
    PAIRS,
    Clone,
    MakeClone,
    commit_everything,
    lend_all,
)
from tests.conftest import Checkout

#: The pair that most tests run.
PAIR = "keras-3.7.0_tensorflow-2.18.0_py3.11"

#: Runs a command with these arguments; returns its exit code and everything it printed.
RunCommand = Callable[..., tuple[int, str]]


def recorded_as_of_now(pair_id: str) -> Result:
    """A recorded result, as if the present code had made its cells; else a report drops them."""
    digests = code_digests(all_cases()).cases
    result = recorded.result(pair_id)
    cells = {key: replace(cell, digest=digests[cell.case]) for key, cell in result.cells.items()}
    return replace(result, cells=cells)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout of the test's own, with neither results nor environments."""
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def prepared(checkout: Checkout, environments: Callable[[str], Environment]) -> Checkout:
    """A checkout of the test's own that has the environment of `PAIR`."""
    checkout.lend(environments(PAIR))
    return checkout


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Runs a command in the process of the test, which takes no time; nothing must be stored."""

    def run(*arguments: str) -> tuple[int, str]:
        code: object = 0
        try:
            run_command(arguments)
        except SystemExit as ending:
            code = ending.code
        told = capsys.readouterr()
        return int(str(code or 0)), told.out + told.err

    return run


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A git repository with two small cases, to be cloned; no test changes it."""
    checkout = Checkout(tmp_path_factory.mktemp("origin"))
    checkout.use_cases("good", "counts")
    commit_everything(checkout)
    return checkout


@pytest.fixture
def clone(
    origin: Checkout, tmp_path: Path, environments: Callable[[str], Environment]
) -> MakeClone:
    """Makes clones of `origin` by name, each with the environments of the two pairs."""

    def make_clone(name: str) -> Clone:
        clone = Clone(origin, tmp_path / name)
        lend_all(clone, map(environments, PAIR_IDS))
        return clone

    return make_clone


@pytest.fixture(scope="session")
def unsharded(
    origin: Checkout,
    tmp_path_factory: pytest.TempPathFactory,
    environments: Callable[[str], Environment],
) -> list[Result]:
    """What one run in one place finds; the other ways of running must find the same."""
    clone = Clone(origin, tmp_path_factory.mktemp("unsharded") / "clone")
    lend_all(clone, map(environments, PAIR_IDS))
    code, output = clone.nox("matrix", *PAIRS, *CELLS)
    assert code == ExitCode.KNOWN, output
    results, _ = store.read_all(clone.results)
    return results
