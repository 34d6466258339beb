"""The program of the fork server, without TensorFlow."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from harness.util.paths import FORKSERVER


@pytest.fixture
def guest(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program as a module."""
    monkeypatch.syspath_prepend(FORKSERVER.parent)
    spec = importlib.util.spec_from_file_location("guest_forkserver", FORKSERVER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform != "linux", reason="there are no fork servers")
def test_a_request_is_refused_with_other_variables_and_while_another_thread_runs() -> None:
    program = f"""
import sys, threading, time
sys.path.insert(0, {str(FORKSERVER.parent)!r})
import forkserver
server = forkserver.ForkServer.__new__(forkserver.ForkServer)
server.fixed_variables = {{"PYTHONHASHSEED": "0"}}
print(server.why_refused({{"environ": {{"PYTHONHASHSEED": "0", "HOME": "/other"}}}}))
print(server.why_refused({{"environ": {{"PYTHONHASHSEED": "random"}}}}))
print(server.why_refused({{"environ": {{"PYTHONHASHSEED": "0", "LANG": "C"}}}}))
print(server.why_refused(None))
threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
print(server.why_refused({{"environ": {{"PYTHONHASHSEED": "0"}}}}))
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "None",
        "other environment variables: PYTHONHASHSEED",
        "other environment variables: LANG",
        "the request is incomplete",
        "the fork server has 2 threads",
    ], done.stderr


def test_keras_can_be_found_and_not_imported(
    guest: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tf_keras.py").write_text("raise AssertionError('it was imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [guest.KerasBlocker, *sys.meta_path])
    spec = importlib.util.find_spec("tf_keras")
    assert spec is not None
    assert spec.origin == str(tmp_path / "tf_keras.py")
    with pytest.raises(ImportError, match="tf_keras is blocked"):
        importlib.import_module("tf_keras")


def test_modules_that_nobody_finds_are_recorded(
    guest: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, guest.NotFoundRecorder])
    assert importlib.util.find_spec("no_such_module_at_all") is None
    assert importlib.util.find_spec("wave") is not None
    assert guest.NotFoundRecorder.names == {"no_such_module_at_all"}
