"""The store: one file for each pair, always replaced as a whole.

It is JSON, so that git shows what changed. The results of readers of saved files have very many
cells, and are stored as columns.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from filelock import FileLock

from harness.releases.pair import Pair
from harness.results import columns, document
from harness.results.document import DamagedResult
from harness.results.model import Result
from harness.util.files import write_bytes_atomically
from harness.util.git import run_git
from harness.util.paths import (
    CASE_FOLDERS,
    CASES,
    CORPUS,
    EXCHANGE,
    IS_LIBRARY,
    LOCKS,
    PUBLISHED,
    RESULTS,
    ROOT,
    STATE,
)
from harness.util.shipped import SHIPPED


class _Form(NamedTuple):
    """How a result becomes the bytes of a file with this suffix, and comes out of them again."""

    suffix: str
    dumps: Callable[[Result], bytes]
    loads: Callable[[bytes, str], Result]


_JSON = _Form(".json", lambda result: document.dumps(result).encode(), document.loads)
_COLUMNS = _Form(columns.SUFFIX, columns.dumps, columns.loads)


def _form_in(folder: Path) -> _Form:
    """Return the form of the results in a folder; it follows from the name of the folder."""
    return _COLUMNS if folder.name == EXCHANGE.name else _JSON


def path_of(pair: Pair, folder: Path = RESULTS) -> Path:
    """Return the path of the result file of a pair."""
    return folder / f"{pair.file_name}{_form_in(folder).suffix}"


def paths_in(folder: Path) -> list[Path]:
    """Return the paths of all result files in a folder, in a fixed order."""
    return sorted(folder.glob(f"*{_form_in(folder).suffix}"))


def read(path: Path) -> Result:
    """Read one result file.

    Raises:
        DamagedResult: the file cannot be trusted; the message names it.
    """
    return _form_in(path.parent).loads(path.read_bytes(), path.name)


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
    for path in paths_in(folder):
        try:
            results.append(read(path))
        except DamagedResult as damage:
            damaged.append(damage)
    return sorted(results, key=lambda result: result.pair), damaged


def read_committed() -> list[Result]:
    """Return the results in the commit that is checked out, or those that the wheel ships.

    They are the same on every machine, whatever has been run there since. A copy of a checkout
    without its git history has none. The results of a team's own cases are not committed here, so
    for these, all stored results are returned.
    """
    if not IS_LIBRARY:
        return read_all()[0]
    if STATE is not None:
        return read_all(SHIPPED / RESULTS.relative_to(ROOT))[0]
    tree = f"HEAD:./{RESULTS.relative_to(ROOT)}"
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "results.tar"
        process = run_git(ROOT, "archive", f"--output={archive}", tree, check=False)
        if process.returncode != 0:
            return []
        shutil.unpack_archive(archive, folder, filter="data")
        return read_all(Path(folder))[0]


def begin_with_published() -> None:
    """Begin the results of own cases beside the library with what is published of the library."""
    if IS_LIBRARY or CASES not in CASE_FOLDERS or RESULTS.exists():
        return
    for folder in (CORPUS, EXCHANGE, RESULTS):  # the last one says that all are there
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PUBLISHED / folder.name, part)
        part.rename(folder)


def write(result: Result, folder: Path = RESULTS) -> Path:
    """Store a result and return its path."""
    path = path_of(result.pair, folder)
    write_bytes_atomically(path, _form_in(folder).dumps(result))
    return path


def lock(pair: Pair) -> FileLock:
    """Return the lock to hold while the result of a pair is replaced."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    return FileLock(LOCKS / f"{pair.file_name}.lock")
