"""Running uv, and finding interpreters with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.environments import interpreters, uv
from harness.environments.interpreters import NoEnvironment, find_interpreter
from harness.environments.uv import last_lines, run_tool

PRINT_ENVIRONMENT = """\
import os, sys
print(*sorted(name for name in os.environ if name.startswith(("UV_", "VIRTUALENV_"))))
print(os.environ["PATH"])
sys.exit(3)
"""
#: Variables that would give a pair another environment.
IGNORED = (
    "UV_RESOLUTION", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_PRERELEASE", "UV_EXCLUDE_NEWER",
    "UV_NO_BUILD_PACKAGE", "UV_TORCH_BACKEND", "UV_CONFIG_FILE", "UV_PYTHON", "UV_SYSTEM_PYTHON",
    "UV_VENV_SEED", "VIRTUALENV_SYSTEM_SITE_PACKAGES",
)  # fmt: skip
HONOURED = (
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX_MINE_PASSWORD", "UV_CACHE_DIR", "UV_OFFLINE",
    "UV_HTTP_TIMEOUT", "UV_NATIVE_TLS", "UV_PYTHON_DOWNLOADS", "VIRTUALENV_OVERRIDE_APP_DATA",
)  # fmt: skip


def test_variables_that_would_change_what_is_installed_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    newer, older = (tmp_path / "versions" / name / "bin" for name in ("3.9.1", "3.8.1"))
    for folder in (newer, older):
        folder.mkdir(parents=True)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", "shims")
    for name in (*IGNORED, *HONOURED):
        monkeypatch.setenv(name, "x")
    finished = run_tool([sys.executable, "-c", PRINT_ENVIRONMENT])
    assert finished.returncode == 3
    variables, path = finished.stdout.splitlines()
    assert variables.split() == sorted([*HONOURED, "VIRTUALENV_CONFIG_FILE"])
    assert path == f"{newer}:{older}:shims"


def test_uv_reads_only_the_settings_that_are_honoured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "uv.toml"
    own.write_text('resolution = "lowest"\nindex-url = "https://index.invalid/simple"\n')
    monkeypatch.setenv("UV_CONFIG_FILE", str(own))

    def read_settings(command: list[str]) -> subprocess.CompletedProcess[str]:
        _, option, file, *arguments = command
        assert (option, arguments) == ("--config-file", ["pip", "list"])
        return subprocess.CompletedProcess(command, 0, Path(file).read_text(), file)

    monkeypatch.setattr(uv, "run_tool", read_settings)
    finished = uv.run_uv("pip", "list")
    assert finished.stdout == 'index-url = "https://index.invalid/simple"\n'
    assert not Path(finished.stderr).exists()


def test_a_user_without_a_home_folder_can_run_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "home_folder", lambda: None)
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    assert uv.run_tool([sys.executable, "-c", ""]).returncode == 0


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
    scripted = ScriptedUv(is_installed=is_installed, can_install=can_install)
    monkeypatch.setattr(interpreters, "run_uv", scripted)
    assert find_interpreter("3.11") == "/some/python"


def test_a_pair_without_an_interpreter_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = ScriptedUv(is_installed=False, can_install=False)
    monkeypatch.setattr(interpreters, "run_uv", scripted)
    with pytest.raises(
        NoEnvironment, match=r"no CPython 3\.6 is installed, and uv .*: offline"
    ) as e:
        find_interpreter("3.6")
    assert e.value.outcome == "no-interpreter"
