"""Running uv and other tools with those of the user's settings that cannot change a result."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.util.processes import child_process

#: Settings of uv that would change what is installed for a pair; they are ignored.
_IGNORED_SETTINGS = (
    "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_RESOLUTION",
    "UV_PRERELEASE", "UV_EXCLUDE_NEWER", "UV_EXCLUDE_NEWER_PACKAGE", "UV_NO_BUILD", "UV_NO_BINARY",
)  # fmt: skip


def run_uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run uv with the user's settings, except those that would change what is installed."""
    uv = Path(sys.executable).with_name("uv")
    return run_tool([str(uv) if uv.exists() else "uv", *arguments])


def run_tool(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program that finds or installs Pythons, and capture its output."""
    with child_process(command, env=_tool_environment(), stderr=subprocess.PIPE) as child:
        output, errors = child.communicate()
        return subprocess.CompletedProcess(command, child.returncode, output, errors)


def _tool_environment() -> dict[str, str]:
    """The environment variables without `_IGNORED_SETTINGS`, and with pyenv's Pythons on PATH.

    They are placed before pyenv's shims, because a shim only answers for the version that pyenv has
    activated, although the others are installed as well.
    """
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    pythons = [str(folder) for folder in sorted(root.glob("versions/3.*/bin"), reverse=True)]
    variables = {name: value for name, value in os.environ.items() if name not in _IGNORED_SETTINGS}
    return {**variables, "PATH": os.pathsep.join([*pythons, os.environ.get("PATH", "")])}


def last_lines(text: str, lines: int = 12) -> str:
    """The last lines of a tool's output, without its hints, which only help its direct user."""
    return "\n".join(text.partition("\nhint:")[0].strip().splitlines()[-lines:])
