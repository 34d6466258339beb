"""Checkouts in which sessions run for real, and environments that checkouts share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from harness.environments.builder import Environment, EnvironmentBuilder
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.util.paths import ROOT

DATA = Path(__file__).parent / "data"
CASES = Path(__file__).parent / "cases"

# The tests start the harness hundreds of times: compile it once, whatever the machine's setting.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A busy machine may take any time for an example, which says nothing about the code.
settings.register_profile("any time", deadline=None)
settings.load_profile("any time")


#: The folders whose tests on real environments run beside those of all other folders. Each of the
#: two groups takes about half the time.
FIRST_GROUP = ("cli", "execution")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests on real environments in two processes: they use several cores themselves.

    Modules that mostly wait can have a group of their own.
    """
    for item in items:
        if item.get_closest_marker("real") and not item.get_closest_marker("xdist_group"):
            folder = item.path.relative_to(ROOT / "tests").parts[0]
            name = "real-1" if folder in FIRST_GROUP else "real-2"
            item.add_marker(pytest.mark.xdist_group(name))


def _accept_interrupts() -> None:
    """Undo what a shell does to background jobs: it makes them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Checkout:
    """A copy of the code and the cases, without any results, in which Nox sessions run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("harness", "cases"):
            shutil.copytree(ROOT / name, folder / name)  # with the bytecode, which stays valid
        for name in ("noxfile.py", "pyproject.toml"):
            shutil.copy(ROOT / name, folder / name)

    @property
    def results(self) -> Path:
        return self.folder / "reports" / "results"

    def use_cases(self, *names: str) -> None:
        """Replace the library of cases with these cases from ``tests/cases``."""
        shutil.rmtree(self.folder / "cases")
        (self.folder / "cases").mkdir()
        for name in names:
            shutil.copy(CASES / f"{name}.py", self.folder / "cases")

    def lend(self, environment: Environment) -> None:
        """Make an environment that exists elsewhere that of this checkout, by a symbolic link."""
        sessions = self.folder / ".nox"
        sessions.mkdir(exist_ok=True)
        (sessions / environment.folder.name).symlink_to(environment.folder)

    def start(self, session: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a session as a person would; it uses the Python and packages of the tests."""
        return self._start("nox", "-s", session, "--", *arguments)

    def nox(self, session: str, *arguments: str) -> tuple[int, str]:
        """Run a session to its end; return its exit code and everything it printed."""
        return _finish(self.start(session, *arguments))

    def harness(self, command: str, *arguments: str) -> tuple[int, str]:
        """As `nox`, but without Nox, which takes most of a second."""
        return _finish(self._start("harness", command, *arguments))

    def _start(self, *module_and_arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *module_and_arguments],
            cwd=self.folder,
            env={**os.environ, "KERAS_BISECT_PYTHON": sys.executable, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_accept_interrupts,  # noqa: PLW1509 - the tests have no threads
        )


def _finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    with process:
        output, _ = process.communicate(timeout=1200)
        return process.returncode, output


@pytest.fixture(scope="session")
def rules() -> PairRules:
    return PairRules(Catalogue.load())


@pytest.fixture(scope="session")
def environments(
    rules: PairRules, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Environment]:
    """Returns the environment of a pair, which all tests share: each takes seconds to make."""
    builder = EnvironmentBuilder(rules, tmp_path_factory.mktemp("environments"))

    def environment_of(pair_id: str) -> Environment:
        return builder.make(rules.named(pair_id))

    return environment_of


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that the tests of a module share; those of ``tests/cli`` have one each."""
    return Checkout(tmp_path_factory.mktemp("checkout"))


def processes_in(folder: Path) -> Sequence[str]:
    """The command lines of the running processes that mention a folder."""
    listing = subprocess.run(
        ["ps", "-ewwo", "args"], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in listing.splitlines() if str(folder) in line]


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Poll until a condition holds; fail if it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds:g} s"
        time.sleep(0.05)
