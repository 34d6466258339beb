"""Running uv, and finding interpreters with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.environments import interpreters
from harness.environments.interpreters import NoEnvironment, find_interpreter
from harness.environments.uv import last_lines, run_tool

PRINT_ENVIRONMENT = """\
import os, sys
print(os.environ.get("UV_RESOLUTION"), os.environ.get("UV_INDEX_URL"))
print(os.environ["PATH"])
sys.exit(3)
"""


def test_settings_that_would_change_what_is_installed_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    newer, older = (tmp_path / "versions" / name / "bin" for name in ("3.9.1", "3.8.1"))
    for folder in (newer, older):
        folder.mkdir(parents=True)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", "shims")
    monkeypatch.setenv("UV_RESOLUTION", "lowest")
    monkeypatch.setenv("UV_INDEX_URL", "https://index.invalid/")
    finished = run_tool([sys.executable, "-c", PRINT_ENVIRONMENT])
    assert finished.returncode == 3
    settings, path = finished.stdout.splitlines()
    assert settings == "None https://index.invalid/"
    assert path == f"{newer}:{older}:shims"


def test_the_last_lines_are_those_before_the_hints() -> None:
    text = "\n".join(map(str, range(20))) + "\n\nhint: try another version\n"
    assert last_lines(text, 2) == "18\n19"
    assert len(last_lines(text).splitlines()) == 12


class ScriptedUv:
    """Finds a Python once it has been installed, if it can be."""

    def __init__(self, *, is_installed: bool, can_install: bool) -> None:
        self.is_installed = is_installed
        self.can_install = can_install

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        if arguments[:2] == ("python", "install"):
            self.is_installed = self.can_install
        code = 0 if self.is_installed else 2
        return subprocess.CompletedProcess(arguments, code, "/some/python\n", "offline")


@pytest.mark.parametrize(("is_installed", "can_install"), [(True, False), (False, True)])
def test_an_interpreter_is_found_or_downloaded(
    monkeypatch: pytest.MonkeyPatch, is_installed: bool, can_install: bool
) -> None:
    uv = ScriptedUv(is_installed=is_installed, can_install=can_install)
    monkeypatch.setattr(interpreters, "run_uv", uv)
    assert find_interpreter("3.11") == "/some/python"


def test_a_pair_without_an_interpreter_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    uv = ScriptedUv(is_installed=False, can_install=False)
    monkeypatch.setattr(interpreters, "run_uv", uv)
    with pytest.raises(
        NoEnvironment, match=r"no CPython 3\.6 is installed, and uv .*: offline"
    ) as e:
        find_interpreter("3.6")
    assert e.value.outcome == "no-interpreter"
