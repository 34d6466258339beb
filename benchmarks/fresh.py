"""Checkouts without environments and results, and what a session takes in one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def checkout(folder: Path) -> Path:
    """A copy of the checkout as it is after a clone, but for results."""

    def ignored(place: str, names: list[str]) -> set[str]:
        made = {"results", "site"} if Path(place) == ROOT / "reports" else set()
        return {".nox", ".git", "__pycache__", *made}.intersection(names)

    return Path(shutil.copytree(ROOT, folder, ignore=ignored))


def session(folder: Path, name: str, *options: str, quiet: bool = False) -> float:
    """Seconds of one session, the harness's own packages being there already."""
    harness = os.environ.get("KERAS_BISECT_PYTHON", str(ROOT / ".nox/harness/bin/python"))
    command = [sys.executable, "-m", "nox", "-s", name, "--", *options]
    started = time.monotonic()
    subprocess.run(
        command, cwd=folder, check=True, env={**os.environ, "KERAS_BISECT_PYTHON": harness},
        stdout=subprocess.DEVNULL if quiet else None,
    )  # fmt: skip
    return time.monotonic() - started
