"""The sessions. Each installs what it needs and hands over to ``python -m harness``."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nox
from filelock import FileLock

if sys.version_info < (3, 11, 4):
    sys.exit(f"keras-bisect needs Python 3.11.4 or newer; Nox runs on {sys.version.split()[0]}")

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))  # Nox does not put a noxfile's own folder there

nox.needs_version = ">=2026.10.20"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "none"
# Nox makes none of the environments itself, so it need not look for uv and log that there is none.
nox.virtualenv.OPTIONAL_VENVS = {}

HARNESS = ROOT / ".nox" / "harness"
PYTHON = HARNESS / "bin" / "python"
PYPROJECT = ROOT / "pyproject.toml"
#: Set for the sessions that another session starts, so that they need not look for the packages.
HARNESS_PYTHON = "KERAS_BISECT_PYTHON"


def pair_ids() -> list[str]:
    """The pairs that the command line names, else the default set.

    A matrix starts one session after the other, and none of them needs to read the catalogue.
    """
    if named := re.findall(r"pair\(([^)]+)\)", " ".join(sys.argv)):
        return list(dict.fromkeys(named))
    from harness.releases.catalogue import Catalogue
    from harness.releases.pair_rules import PairRules

    return [pair.id for pair in PairRules(Catalogue.load()).default_set()]


def harness_python(session: nox.Session, *groups: str) -> str:
    """The Python that has the packages of pyproject.toml and of these groups of it.

    It is made on first use, under a lock; a group is added when a session first needs it.
    """
    if given := os.environ.get(HARNESS_PYTHON):
        return given
    if not PYPROJECT.exists():  # a wheel ships this file, and its Python has everything
        return sys.executable
    project = nox.project.load_toml(PYPROJECT)
    packages = project["project"]["dependencies"]
    HARNESS.parent.mkdir(exist_ok=True)
    with FileLock(HARNESS.with_suffix(".lock")):
        if not is_installed("harness", packages):
            session.log("installing the harness's own packages")
            make = [sys.executable, "-m", "virtualenv", "--clear", str(HARNESS)]
            session.run(*make, external=True, silent=True)
            install("harness", packages)
        for group in groups:
            packages = packages_of(project, group)
            if not is_installed(group, packages):
                session.log(f"installing what {group} needs")
                install(group, packages)
    return str(PYTHON)


def packages_of(project: dict[str, Any], group: str) -> list[str]:
    """The packages of an extra or of a dependency group."""
    extras = project["project"]["optional-dependencies"]
    return extras.get(group) or list(nox.project.dependency_groups(project, group))


def is_installed(name: str, packages: list[str]) -> bool:
    """Whether the harness's environment has these packages, as `install` has noted."""
    stamp = HARNESS / f"{name}.installed"
    return stamp.exists() and stamp.read_text() == digest_of(packages)


def install(name: str, packages: list[str]) -> None:
    """Install packages with uv, or where that fails with pip, which has settings of its own."""
    uv = [uv for uv in packages if re.match(r"uv\b", uv)]
    with_pip = [str(PYTHON), "-m", "pip", "install", "-qq"]
    if uv:
        subprocess.run([*with_pip, *uv], check=True)
    uv_install = [str(PYTHON.with_name("uv")), "pip", "install", "--compile-bytecode"]
    with_uv = [*uv_install, "--python", str(PYTHON)]
    if subprocess.run([*with_uv, *packages], capture_output=True, check=False).returncode:
        subprocess.run([*with_pip, *packages], check=True)
    (HARNESS / f"{name}.installed").write_text(digest_of(packages))


def digest_of(packages: list[str]) -> str:
    """A digest of the packages and of the Python that they are for."""
    return hashlib.sha256("\n".join([sys.version, *packages]).encode()).hexdigest()


def harness(session: nox.Session, *arguments: str) -> None:
    """Run a command of the harness and pass its exit code on; Nox itself only knows 0 and 1.

    ``LIFELINE`` in its environment names this process: the command ends when that is gone.
    """
    from harness.util.processes import LIFELINE, lifeline

    groups = ["dask"] if any(word.startswith("--executor") for word in session.posargs) else []
    words = ["-m", "harness", *arguments, *session.posargs]
    env = {**os.environ, LIFELINE: lifeline()}
    if PYPROJECT.exists():
        code = subprocess.call([harness_python(session, *groups), *words], cwd=ROOT, env=env)
    else:  # in a wheel, whose code is installed: a folder named harness here is another one
        command = [harness_python(session), "-P", *words]
        code = subprocess.call(command, cwd=session.invoked_from, env=env)
    if code == 1:
        session.error("ended with 1; the lines above say why")
    if code < 0:  # ended by a signal: the code that a shell would give
        sys.exit(128 - code)
    if code:
        sys.exit(code)


def run_module(session: nox.Session, python: str, *arguments: str) -> None:
    """Run a module as a program; the session fails if that does."""
    session.run(python, "-m", *arguments, external=True)


PAIR_IDS = pair_ids()


@nox.session
@nox.parametrize("pair_id", PAIR_IDS, ids=PAIR_IDS)
def pair(session: nox.Session, pair_id: str) -> None:
    """Run one pair: make its environment, run its cells, store its result."""
    harness(session, "pair", pair_id)


@nox.session
def matrix(session: nox.Session) -> None:
    """Run many pairs, and show the compatibility table and the change points."""
    harness(session, "matrix")


@nox.session
def bisect(session: nox.Session) -> None:
    """Find where a behaviour changed: `nox -s bisect -- CASE` or `-- --script FILE`."""
    harness(session, "bisect")


@nox.session
def exchange(session: nox.Session) -> None:
    """Show which releases read the files of which others: `-- --writer 2.15 --reader 3.15`."""
    harness(session, "exchange")


@nox.session
def file(session: nox.Session) -> None:
    """Show which releases read a file of yours: `nox -s file -- model.keras`."""
    harness(session, "file")


@nox.session
def watch(session: nox.Session) -> None:
    """Report what new releases make worse: `nox -s watch`, or `-- --since 2024-11-20`."""
    harness(session, "watch")


@nox.session
def ledger(session: nox.Session) -> None:
    """Find out what releases write into configs and accept: `-- --from 3.15.1 --to 3.12.4`."""
    harness(session, "ledger")


@nox.session
def report(session: nox.Session) -> None:
    """Make the report again from the stored results."""
    harness(session, "report")


@nox.session(name="annotations")
def check_annotations(session: nox.Session) -> None:
    """List annotations that explain no change point, and change points without one."""
    harness(session, "annotations")


@nox.session
def compare(session: nox.Session) -> None:
    """Compare the stored results with those of another run: `nox -s compare -- FOLDER`."""
    harness(session, "compare")


@nox.session
def merge(session: nox.Session) -> None:
    """Merge the results of other folders into the stored ones: `nox -s merge -- DIR...`."""
    harness(session, "merge")


@nox.session
def dask(session: nox.Session) -> None:
    """Start a scheduler or a worker: `nox -s dask -- scheduler`, `-- worker ADDRESS`."""
    run_module(session, harness_python(session, "dask"), "dask", *session.posargs)


@nox.session
def catalogue(session: nox.Session) -> None:
    """Read the catalogue of releases again from the package index."""
    harness(session, "catalogue")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; `-m 'not real'` leaves out those that build real environments."""
    arguments = session.posargs or ["-n2", "--dist=loadgroup"]
    run_module(session, harness_python(session, "dask", "tests"), "pytest", *arguments)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, imports between layers, spelling, and the workflows."""
    tools = Path(harness_python(session, "lint")).parent
    workflows = sorted(map(str, ROOT.glob(".github/workflows/*.yml")))
    for command in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["lint-imports", "--no-cache"],
        ["codespell"],
        ["actionlint", *workflows],
    ):
        session.run(str(tools / command[0]), *command[1:], external=True)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types with mypy, strictly."""
    run_module(session, harness_python(session, "dask", "types"), "mypy")
