"""A checkout of its own for every test that runs sessions, sharing the environments."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.util.paths import ROOT

DATA = Path(__file__).parent / "data"
CASES = Path(__file__).parent / "cases"


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Checkout:
    """A copy of the tracked folders with empty results, in which Nox sessions run for real."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("harness", "cases"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in ("noxfile.py", "pyproject.toml"):
            shutil.copy(ROOT / name, folder / name)

    @property
    def results(self) -> Path:
        return self.folder / "reports" / "results"

    def use_cases(self, *names: str) -> None:
        """Replace the library by the given cases of the tests."""
        shutil.rmtree(self.folder / "cases")
        (self.folder / "cases").mkdir()
        for name in names:
            shutil.copy(CASES / f"{name}.py", self.folder / "cases")

    def start(self, session: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a session as a person would, the harness's own packages being there already."""
        return subprocess.Popen(
            [sys.executable, "-m", "nox", "-s", session, "--", *arguments],
            cwd=self.folder,
            env={**os.environ, "KERAS_BISECT_PYTHON": sys.executable, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A shell that runs these tests in the background lets them ignore Ctrl-C.
            preexec_fn=_heed_interrupts,  # noqa: PLW1509 - the tests have no threads
        )

    def nox(self, session: str, *arguments: str) -> tuple[int, str]:
        """Run a session to its end; return its exit code and all that it printed."""
        with self.start(session, *arguments) as process:
            output, _ = process.communicate(timeout=1200)
            return process.returncode, output


@pytest.fixture(scope="session")
def rules() -> PairRules:
    return PairRules(Catalogue.load())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))


def processes_in(folder: Path) -> Sequence[str]:
    """Command lines of the running processes that mention a folder."""
    listing = subprocess.run(
        ["ps", "-ewwo", "args"], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in listing.splitlines() if str(folder) in line]
