"""Git, run the same way for everybody."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.util.errors import Fault


def run_git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run git as itself, whatever settings and hooks the user has.

    Raises:
        Fault: it failed, with ``check``.
    """
    plain = (
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "color.ui=false",
        "-c",
        "log.showSignature=false",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *plain, "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
    )
    if check and done.returncode != 0:
        raise Fault(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done
