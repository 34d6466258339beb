"""The store: one file for each pair, written whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

from harness.releases.pair import Pair
from harness.results.document import DamagedResult, dumps, loads
from harness.results.model import Result
from harness.util.files import write_atomically
from harness.util.git import run_git
from harness.util.paths import LOCKS, RESULTS, ROOT


def path_of(pair: Pair, folder: Path = RESULTS) -> Path:
    """The file of a pair."""
    return folder / f"{pair.file_name}.json"


def read(path: Path) -> Result:
    """Read one result file.

    Raises:
        DamagedResult: it cannot be trusted; the message names the file.
    """
    return loads(path.read_bytes(), path.name)


def read_pair(pair: Pair, folder: Path = RESULTS) -> Result | None:
    """The stored result of a pair, or None where there is none.

    Raises:
        DamagedResult: as `read`.
    """
    path = path_of(pair, folder)
    return read(path) if path.exists() else None


def read_or_empty(pair: Pair, folder: Path = RESULTS) -> Result:
    """The stored result of a pair; an empty one where there is none that can be trusted.

    The plan of a run names damaged files, so they are not reported again here.
    """
    try:
        return read_pair(pair, folder) or Result(pair)
    except DamagedResult:
        return Result(pair)


def read_all(folder: Path = RESULTS) -> tuple[list[Result], list[DamagedResult]]:
    """Every stored result in the order of the pairs, and the damage of files not to be trusted."""
    results, damaged = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            results.append(read(path))
        except DamagedResult as damage:
            damaged.append(damage)
    return sorted(results, key=lambda result: result.pair), damaged


def read_committed() -> list[Result]:
    """The results of the commit that is checked out; none outside a git checkout.

    They are the same on every machine, whatever has been run there since.
    """
    stored = f"HEAD:./{RESULTS.relative_to(ROOT)}"
    with TemporaryDirectory() as name:
        archive = Path(name) / "results.tar"
        done = run_git(ROOT, "archive", f"--output={archive}", stored, check=False)
        if done.returncode != 0:
            return []
        shutil.unpack_archive(archive, name, filter="data")
        return read_all(Path(name))[0]


def write(result: Result, folder: Path = RESULTS) -> Path:
    """Store a result and return its path."""
    path = path_of(result.pair, folder)
    write_atomically(path, dumps(result))
    return path


def lock(pair: Pair) -> FileLock:
    """The lock to hold while the result of a pair is replaced."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    return FileLock(LOCKS / f"{pair.file_name}.lock")
