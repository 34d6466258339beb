"""Sources: the files of one release of one package, taken from its wheel."""

from __future__ import annotations

import shutil
from pathlib import Path

from filelock import FileLock

from harness.environments.interpreters import find_interpreter
from harness.environments.uv import last_lines, run_uv
from harness.util.errors import Fault
from harness.util.paths import WORK

SOURCES = WORK / "bisect" / "sources"


def sources_of(package: str, version: str, python: str) -> Path:
    """The folder with the files of a release for a Python version; filled on first use.

    Several processes may ask for the same folder.

    Raises:
        Fault: the release cannot be downloaded.
        NoEnvironment: there is no such Python.
    """
    folder = SOURCES / f"py{python}" / f"{package}-{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not folder.exists():
            _download(package, version, python, folder)
    return folder


def _download(package: str, version: str, python: str, folder: Path) -> None:
    """Fill a new folder with the files of a release, all or none."""
    partial = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    process = run_uv(
        "pip", "install", "--quiet", "--no-deps", "--python", find_interpreter(python),
        "--target", str(partial), f"{package}=={version}",
    )  # fmt: skip
    if process.returncode != 0:
        reason = last_lines(process.stderr)
        raise Fault(f"the files of {package} {version} cannot be downloaded: {reason}")
    partial.replace(folder)
