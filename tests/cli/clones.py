"""Git clones of a checkout, for runs that are split over several places."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from harness.environments.builder import Environment
from harness.results import store
from harness.results.compare import compare_results
from harness.results.model import Result
from tests.conftest import Checkout

#: Two pairs, and two cases in two formats for each.
PAIRS = ["--keras=>=3.7,<3.9", "--tensorflow=2.18.0"]
CELLS = ["--case=good", "--case=counts", "--format=keras", "--format=h5"]
NUMBER_OF_CELLS = 2 * 2 * 2
PAIR_IDS = [f"keras-{release}_tensorflow-2.18.0_py3.11" for release in ("3.7.0", "3.8.0")]


class Clone(Checkout):
    """A git clone of a checkout."""

    def __init__(self, origin: Checkout, folder: Path) -> None:
        git(folder.parent, "clone", "--quiet", str(origin.folder), str(folder))
        self.folder = folder


#: Makes a clone, in the test's own folder, that has the environments of `PAIRS`.
MakeClone = Callable[[str], Clone]


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder, as a user who has a name."""
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True)


def commit_everything(checkout: Checkout) -> None:
    """Make a checkout a git repository with one commit."""
    (checkout.folder / ".gitignore").write_text("__pycache__/\n.nox/\n")
    git(checkout.folder, "init", "--quiet")
    git(checkout.folder, "add", "--all")
    git(checkout.folder, "commit", "--quiet", "--message", "All")


def lend_all(checkout: Checkout, environments: Iterable[Environment]) -> None:
    """Lend a checkout several environments."""
    for environment in environments:
        checkout.lend(environment)


def assert_same_results(checkout: Checkout, expected: list[Result]) -> None:
    """Check that a checkout has results of the same pairs, with the same signatures."""
    results, damaged = store.read_all(checkout.results)
    assert damaged == []
    assert [result.pair for result in results] == [result.pair for result in expected]
    assert [result.outcome for result in results] == ["", ""]
    assert compare_results(results, expected) == (NUMBER_OF_CELLS, [])
