"""The steps of making an environment, with a uv that answers from a script."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.environments import installer
from harness.environments.interpreters import NoEnvironment
from harness.releases.pair import Pair
from harness.util.errors import Fault
from tests.environments.test_failures import CONTRADICTION, NOT_BUILT

CUTOFF = datetime(2024, 10, 1, tzinfo=UTC)
PAIR = Pair.parse("keras-3.4.0_tensorflow-2.18.0_py3.11")


class ScriptedUv:
    """Answers each run with the next text; an empty one means success."""

    def __init__(self, *failures: str) -> None:
        self.failures = list(failures)
        self.commands: list[tuple[str, ...]] = []

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.commands.append(arguments)
        failure = self.failures.pop(0)
        return subprocess.CompletedProcess(arguments, 2 if failure else 0, "", failure)


Script = Callable[..., ScriptedUv]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    def replace_uv(*failures: str) -> ScriptedUv:
        uv = ScriptedUv(*failures)
        monkeypatch.setattr(installer, "run_uv", uv)
        return uv

    return replace_uv


def test_a_pair_is_installed_as_of_its_day(script: Script, tmp_path: Path) -> None:
    uv = script("")
    assert installer.install(tmp_path, PAIR, "tensorflow-cpu", CUTOFF) is False
    assert uv.commands == [
        (
            *("pip", "install", "--python", str(tmp_path / "bin" / "python")),
            *("--exclude-newer", "2024-10-01T00:00:00+00:00"),
            *("keras==3.4.0", "tensorflow-cpu==2.18.0"),
        )
    ]


def test_metadata_that_forbids_the_pair_is_overridden(script: Script, tmp_path: Path) -> None:
    uv = script(CONTRADICTION, "")
    assert installer.install(tmp_path, PAIR, "tensorflow-cpu", CUTOFF) is True
    plain, forced = uv.commands
    assert forced == (*plain, "--override", str(tmp_path / "overrides.txt"))
    overrides = (tmp_path / "overrides.txt").read_text()
    assert overrides == "keras==3.4.0\ntensorflow-cpu==2.18.0\n"


def test_a_pair_that_stays_forbidden_is_unresolvable(script: Script, tmp_path: Path) -> None:
    script(CONTRADICTION, CONTRADICTION)
    with pytest.raises(NoEnvironment) as failure:
        installer.install(tmp_path, PAIR, "tensorflow", CUTOFF)
    assert failure.value.outcome == "unresolvable"


def test_old_sources_are_built_with_present_build_tools(script: Script, tmp_path: Path) -> None:
    uv = script(NOT_BUILT, "")
    assert installer.install(tmp_path, PAIR, "tensorflow", CUTOFF) is False
    plain, retried = uv.commands
    exempt = [argument.rpartition("=")[0] for argument in retried[len(plain) :]]
    assert exempt == [f"--exclude-newer-package={tool}" for tool in ("setuptools", "wheel")]


def test_a_network_failure_is_a_fault_and_is_not_overridden(script: Script, tmp_path: Path) -> None:
    uv = script("error: Request failed after 3 retries")
    with pytest.raises(Fault):
        installer.install(tmp_path, PAIR, "tensorflow", CUTOFF)
    assert len(uv.commands) == 1


@pytest.mark.parametrize(
    ("pair_id", "conflicting"),
    [
        ("keras-3.7.0.dev2024102503_tensorflow-2.18.0_py3.11", ["keras", "tf-nightly"]),
        ("keras-3.6.0_tensorflow-2.19.0.dev20241101_py3.11", ["keras-nightly"]),
        (
            "keras-3.7.0.dev2024102503_tensorflow-2.19.0.dev20241101_py3.11",
            ["keras", "tf-nightly"],
        ),
    ],
)
def test_daily_builds_do_not_overwrite_each_other(
    script: Script, tmp_path: Path, pair_id: str, conflicting: list[str]
) -> None:
    uv = script("")
    installer.install(tmp_path, Pair.parse(pair_id), "tensorflow", CUTOFF)
    assert uv.commands[0][-2:] == ("--override", str(tmp_path / "never.txt"))
    lines = (tmp_path / "never.txt").read_text().splitlines()
    assert lines == [f"{name}; python_version < '3'" for name in conflicting]


def test_a_keras_that_is_not_on_the_index_is_installed_from_its_wheel(
    script: Script, tmp_path: Path
) -> None:
    pair = Pair.parse("keras-3.16.0.dev0+w1a2b_tensorflow-2.21.0_py3.11")
    uv = script(CONTRADICTION, "")
    installer.install(tmp_path, pair, "tensorflow", CUTOFF, "/my wheels/keras.whl")
    plain, forced = uv.commands
    assert plain[-2:] == ("keras @ file:///my%20wheels/keras.whl", "tensorflow==2.21.0")
    assert forced == (*plain, "--override", str(tmp_path / "overrides.txt"))
    assert not (tmp_path / "never.txt").exists()


def test_edits_are_applied_by_kind(script: Script, tmp_path: Path) -> None:
    variant = Pair.parse(f"{PAIR.id}+jax,protobuf==none,numpy==1.26.4")
    uv = script("", "", "")
    installer.install(tmp_path, variant, "tensorflow", CUTOFF)
    installer.apply_edits(tmp_path, variant.edits)
    python = str(tmp_path / "bin" / "python")
    resolution, removal, replacement = uv.commands
    assert resolution[-1] == "jax"
    assert removal == ("pip", "uninstall", "--python", python, "protobuf")
    assert replacement == ("pip", "install", "--python", python, "--no-deps", "numpy==1.26.4")


def test_a_pair_without_edits_is_left_as_it_was_resolved(script: Script, tmp_path: Path) -> None:
    uv = script()
    installer.apply_edits(tmp_path, ())
    assert uv.commands == []


def test_a_failed_edit_is_a_failure(script: Script, tmp_path: Path) -> None:
    script("error: something that nobody has seen yet")
    with pytest.raises(Fault):
        installer.apply_edits(tmp_path, Pair.parse(f"{PAIR.id}+numpy==1.26.4").edits)


def test_what_is_installed_is_listed_in_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listing = [{"name": "numpy", "version": "1.26.4"}, {"name": "keras", "version": "3.4.0"}]
    finished = subprocess.CompletedProcess(["uv"], 0, json.dumps(listing), "")
    monkeypatch.setattr(installer, "run_uv", lambda *_: finished)
    assert installer.installed_distributions(tmp_path) == ["keras==3.4.0", "numpy==1.26.4"]


@pytest.mark.parametrize(("python", "tool"), [("3.7", "uv venv"), ("3.8", "virtualenv")])
def test_uv_creates_the_environments_that_virtualenv_cannot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, python: str, tool: str
) -> None:
    used: list[str] = []

    def run(name: str) -> subprocess.CompletedProcess[str]:
        used.append(name)
        return subprocess.CompletedProcess([name], 0, "", "")

    monkeypatch.setattr(installer, "run_tool", lambda _: run("virtualenv"))
    monkeypatch.setattr(installer, "run_uv", lambda *_: run("uv venv"))
    assert installer.create(tmp_path / "pair", "python", python) == tool
    assert used == [tool]


def test_a_tool_that_creates_no_environment_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failed = subprocess.CompletedProcess(["virtualenv"], 1, "", "disk full")
    monkeypatch.setattr(installer, "run_tool", lambda _: failed)
    with pytest.raises(Fault, match="virtualenv could not create an environment: disk full"):
        installer.create(tmp_path / "pair", "python", "3.11")


def test_what_was_installed_before_is_installed_again_from_the_cache(
    script: Script, tmp_path: Path
) -> None:
    uv = script("", "error: not in the cache")
    assert installer.install_again(tmp_path, ["keras==3.4.0", "numpy==1.26.4"], CUTOFF)
    assert not installer.install_again(tmp_path, ["keras==3.4.0"], CUTOFF)
    (command, _) = uv.commands
    assert {"--offline", "--no-deps"} <= set(command)
    assert command[-2:] == ("keras==3.4.0", "numpy==1.26.4")
