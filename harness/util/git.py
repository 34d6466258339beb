"""Running git the same way on every machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.util.errors import Fault

#: Settings that take precedence over the user's: no hooks, no colours, no signatures.
_SETTINGS = ("core.hooksPath=/dev/null", "color.ui=false", "log.showSignature=false")


def run_git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, and capture its output.

    The user's hooks and ``GIT_*`` variables have no effect, messages are in English, and git never
    asks for a login.

    Raises:
        Fault: git failed, and ``check`` is set.
    """
    options = [part for setting in _SETTINGS for part in ("-c", setting)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    finished = subprocess.run(
        ["git", *options, "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**variables, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
    )
    if check and finished.returncode != 0:
        raise Fault(f"git {arguments[0]} failed: {finished.stderr.strip()}")
    return finished
