"""uv, run with the user's settings but for those that would make another environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.util.processes import child_process

#: Settings of uv that would make another environment of the same pair.
_OTHER_PAIR = (
    "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_RESOLUTION",
    "UV_PRERELEASE", "UV_EXCLUDE_NEWER", "UV_EXCLUDE_NEWER_PACKAGE", "UV_NO_BUILD", "UV_NO_BINARY",
)  # fmt: skip


def run_uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run uv with the user's settings, but for those that would make another environment."""
    uv = Path(sys.executable).with_name("uv")
    return run_tool([str(uv) if uv.exists() else "uv", *arguments])


def run_tool(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program that installs or finds Pythons, and capture what it prints."""
    with child_process(command, env=_search_path(), stderr=subprocess.PIPE) as child:
        output, errors = child.communicate()
        return subprocess.CompletedProcess(command, child.returncode, output, errors)


def _search_path() -> dict[str, str]:
    """This environment without `_OTHER_PAIR`, with pyenv's interpreters on PATH before its shims.

    A shim answers only for the version that pyenv has switched on; the interpreters behind it are
    installed all the same.
    """
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [str(each) for each in sorted(root.glob("versions/3.*/bin"), reverse=True)]
    kept = {name: value for name, value in os.environ.items() if name not in _OTHER_PAIR}
    return {**kept, "PATH": os.pathsep.join([*folders, os.environ.get("PATH", "")])}


def last_lines(text: str, lines: int = 12) -> str:
    """The last lines of what a tool said, without its advice, which is meant for its own user."""
    return "\n".join(text.partition("\nhint:")[0].strip().splitlines()[-lines:])
