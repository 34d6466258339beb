"""The environment variables and the folder of a process inside an environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.execution import guest_process
from harness.execution.guest_process import guest_variables, scratch_folder


def test_settings_of_the_user_do_not_reach_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PYTHONPATH", "PYTHONSTARTUP", "TF_XLA_FLAGS", "KERAS_BACKEND", "HTTP_PROXY"):
        monkeypatch.setenv(name, "of the user")
    variables = guest_variables(tmp_path)
    assert "of the user" not in variables.values()
    assert variables["KERAS_BACKEND"] == "tensorflow"
    assert {variables["HOME"], variables["TMPDIR"]} == {str(tmp_path)}


def test_the_system_is_found_as_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PATH", "LANG", "LD_LIBRARY_PATH", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, f"value of {name}")
        assert guest_variables(tmp_path)[name] == f"value of {name}"


def test_an_overlay_is_on_the_path_and_the_hash_seed_varies_on_request(tmp_path: Path) -> None:
    plain = guest_variables(tmp_path)
    changed = guest_variables(tmp_path, tmp_path / "overlay", vary=True)
    assert plain["PYTHONHASHSEED"] == "0"
    differences = dict(changed.items() - plain.items())
    assert differences == {"PYTHONPATH": str(tmp_path / "overlay"), "PYTHONHASHSEED": "random"}


def test_a_folder_is_empty_and_removed_afterwards(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(guest_process, "SCRATCH", tmp_path)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "left by a killed run").touch()
    with scratch_folder("one") as folder:
        assert list(folder.iterdir()) == []
    assert not folder.exists()
