"""A checkout for each test of a command, and the command line run inside the test's process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.main import run_command
from harness.environments.builder import Environment
from tests.conftest import Checkout

#: The pair that most tests run.
PAIR = "keras-3.7.0_tensorflow-2.18.0_py3.11"

#: Runs a command with these arguments; returns its exit code and everything it printed.
RunCommand = Callable[..., tuple[int, str]]


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
        with pytest.raises(SystemExit) as exit_:
            run_command(arguments)
        captured = capsys.readouterr()
        code = exit_.value.code
        assert isinstance(code, int)
        return code, captured.out + captured.err

    return run
