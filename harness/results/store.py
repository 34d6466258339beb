"""The store: one file for each pair, always replaced as a whole."""

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
    """Return the path of the result file of a pair."""
    return folder / f"{pair.file_name}.json"


def read(path: Path) -> Result:
    """Read one result file.

    Raises:
        DamagedResult: the file cannot be trusted; the message names it.
    """
    return loads(path.read_bytes(), path.name)


def read_pair(pair: Pair, folder: Path = RESULTS) -> Result | None:
    """Return the stored result of a pair, or None if there is none.

    Raises:
        DamagedResult: as `read`.
    """
    path = path_of(pair, folder)
    return read(path) if path.exists() else None


def read_or_empty(pair: Pair, folder: Path = RESULTS) -> Result:
    """Return the stored result of a pair; an empty one if there is none that can be trusted.

    Damaged files are not reported here, because the plan of a run has already named them.
    """
    try:
        return read_pair(pair, folder) or Result(pair)
    except DamagedResult:
        return Result(pair)


def read_all(folder: Path = RESULTS) -> tuple[list[Result], list[DamagedResult]]:
    """Return all stored results in the order of their pairs, and the errors of damaged files."""
    results, damaged = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            results.append(read(path))
        except DamagedResult as damage:
            damaged.append(damage)
    return sorted(results, key=lambda result: result.pair), damaged


def read_committed() -> list[Result]:
    """Return the results in the commit that is checked out; none outside a git checkout.

    They are the same on every machine, whatever has been run there since.
    """
    tree = f"HEAD:./{RESULTS.relative_to(ROOT)}"
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "results.tar"
        process = run_git(ROOT, "archive", f"--output={archive}", tree, check=False)
        if process.returncode != 0:
            return []
        shutil.unpack_archive(archive, folder, filter="data")
        return read_all(Path(folder))[0]


def write(result: Result, folder: Path = RESULTS) -> Path:
    """Store a result and return its path."""
    path = path_of(result.pair, folder)
    write_atomically(path, dumps(result))
    return path


def lock(pair: Pair) -> FileLock:
    """Return the lock to hold while the result of a pair is replaced."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    return FileLock(LOCKS / f"{pair.file_name}.lock")
