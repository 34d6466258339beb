"""Make checkouts without environments and results, and run Nox sessions in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def checkout(folder: Path) -> Path:
    """Copy this checkout to ``folder``, without environments, results, site and Git history."""

    def ignored(parent: str, names: list[str]) -> set[str]:
        to_skip = {".nox", ".git", "__pycache__"}
        if Path(parent) == ROOT / "reports":
            to_skip |= {"results", "site"}
        return to_skip.intersection(names)

    return Path(shutil.copytree(ROOT, folder, ignore=ignored))


def session_command(name: str, *options: str) -> list[str]:
    """Return the command that runs a Nox session."""
    return [sys.executable, "-m", "nox", "-s", name, "--", *options]


def session_environment() -> dict[str, str]:
    """Return environment variables that spare a session the installation of its own packages."""
    python = os.environ.get("KERAS_BISECT_PYTHON", str(ROOT / ".nox/harness/bin/python"))
    return {**os.environ, "KERAS_BISECT_PYTHON": python}


def session(folder: Path, name: str, *options: str, quiet: bool = False) -> float:
    """Run a Nox session in the checkout ``folder`` and return the wall seconds.

    Raises:
        subprocess.CalledProcessError: the session fails.
    """
    started = time.monotonic()
    subprocess.run(
        session_command(name, *options),
        cwd=folder,
        check=True,
        env=session_environment(),
        stdout=subprocess.DEVNULL if quiet else None,
    )
    return time.monotonic() - started
