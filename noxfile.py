"""The sessions. They bring what they need and hand over to ``python -m harness``."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import nox
from filelock import FileLock

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))  # Nox does not put a noxfile's own folder there

nox.needs_version = ">=2026.10.20"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "none"

HARNESS = ROOT / ".nox" / "harness"
PYPROJECT = ROOT / "pyproject.toml"
#: Set by a conductor for the sessions below it.
HARNESS_PYTHON = "KERAS_BISECT_PYTHON"


def pair_ids() -> list[str]:
    """The pairs that the command line names, else the default set.

    A conductor starts one session after the other, and each would read the catalogue for nothing.
    """
    if named := re.findall(r"pair\(([^)]+)\)", " ".join(sys.argv)):
        return list(dict.fromkeys(named))
    from harness.releases.catalogue import Catalogue
    from harness.releases.pair_rules import PairRules

    return [pair.id for pair in PairRules(Catalogue.load()).default_set()]


def harness_python(session: nox.Session) -> str:
    """The Python that holds the packages of pyproject.toml, made on first use, under a lock."""
    if given := os.environ.get(HARNESS_PYTHON):
        return given
    project = nox.project.load_toml(PYPROJECT)
    packages = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dask"],
        *nox.project.dependency_groups(project, "dev"),
    ]
    digest = hashlib.sha256("\n".join([sys.version, *packages]).encode()).hexdigest()
    python, stamp = HARNESS / "bin" / "python", HARNESS / "installed"
    HARNESS.parent.mkdir(exist_ok=True)
    with FileLock(HARNESS.with_suffix(".lock")):
        if not stamp.exists() or stamp.read_text() != digest:
            session.log("installing the harness's own packages")
            for command in (
                [sys.executable, "-m", "virtualenv", "--clear", str(HARNESS)],
                [str(python), "-m", "pip", "install", *packages],
            ):
                session.run(*command, external=True, silent=True)
            stamp.write_text(digest)
    return str(python)


def harness(session: nox.Session, *arguments: str) -> None:
    """Run a command of the harness and hand its exit code on; Nox itself knows only 0 and 1."""
    command = [harness_python(session), "-m", "harness", *arguments, *session.posargs]
    code = subprocess.call(command, cwd=ROOT)
    if code == 1:
        session.error("something asked for is not known")
    if code:
        sys.exit(code if code > 0 else 128 - code)


def check(session: nox.Session, *arguments: str) -> None:
    """Run one of the development tools; the session fails if it does."""
    session.run(harness_python(session), "-m", *arguments, external=True)


@nox.session
@nox.parametrize("pair_id", pair_ids(), ids=pair_ids())
def pair(session: nox.Session, pair_id: str) -> None:
    """One pair: its environment, its cells, its result file."""
    harness(session, "pair", pair_id)


@nox.session
def matrix(session: nox.Session) -> None:
    """Many pairs, the compatibility table and the change points."""
    harness(session, "matrix")


@nox.session
def bisect(session: nox.Session) -> None:
    """Where a behaviour changed: `nox -s bisect -- CASE` or `-- --script FILE`."""
    harness(session, "bisect")


@nox.session
def watch(session: nox.Session) -> None:
    """What new releases make worse: `nox -s watch`, or `-- --since 2024-11-20`."""
    harness(session, "watch")


@nox.session
def report(session: nox.Session) -> None:
    """The report, made again from the stored results."""
    harness(session, "report")


@nox.session(name="annotations")
def check_annotations(session: nox.Session) -> None:
    """The annotations held against the change points: which explain none, which are missing."""
    harness(session, "annotations")


@nox.session
def compare(session: nox.Session) -> None:
    """The stored results held against those of another run: `nox -s compare -- FOLDER`."""
    harness(session, "compare")


@nox.session
def merge(session: nox.Session) -> None:
    """The results of other folders joined into the stored ones: `nox -s merge -- DIR...`."""
    harness(session, "merge")


@nox.session
def dask(session: nox.Session) -> None:
    """A scheduler or a worker: `nox -s dask -- scheduler`, `nox -s dask -- worker ADDRESS`."""
    check(session, "dask", *session.posargs)


@nox.session
def catalogue(session: nox.Session) -> None:
    """The catalogue of releases, read again from the package index."""
    harness(session, "catalogue")


@nox.session
def tests(session: nox.Session) -> None:
    """The tests, the ones on real environments included; `-m 'not real'` leaves those out."""
    check(session, "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: lint and format; actionlint for the workflows."""
    check(session, "ruff", "check", ".")
    check(session, "ruff", "format", "--check", ".")
    actionlint = Path(harness_python(session)).with_name("actionlint")
    workflows = sorted(map(str, ROOT.glob(".github/workflows/*.yml")))
    session.run(str(actionlint), *workflows, external=True)


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    check(session, "mypy")
