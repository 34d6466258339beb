"""How a forked process moves to another environment, without TensorFlow."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from harness.util.paths import GUEST


@pytest.fixture
def forked_child() -> ModuleType:
    """The guest's module, which no environment has on its path."""
    spec = importlib.util.spec_from_file_location("guest_forked_child", GUEST / "forked_child.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_paths_move_from_one_environment_to_another(
    forked_child: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("old", "new"):
        (tmp_path / name / "lib").mkdir(parents=True)
    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    monkeypatch.setattr(sys, "path", ["/guest", f"{old}/lib", "/usr/lib", f"{old}er/lib"])
    monkeypatch.setattr(forked_child.site, "getsitepackages", lambda: [f"{new}/lib"])
    forked_child.move_sys_path(old, new, "/overlay")
    assert sys.path == ["/guest", "/overlay", f"{new}/lib", "/usr/lib", f"{old}er/lib"]


def test_the_keras_in_a_package_path_moves_or_goes(
    forked_child: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = ModuleType("package_with_keras")
    monkeypatch.setitem(sys.modules, package.__name__, package)
    for new, path in (("/new/keras", ["/own", "/new/keras/api"]), (None, ["/own"])):
        package.__path__ = ["/own", "/old/keras/api"]
        forked_child.move_package_paths("/old/keras", new)
        assert package.__path__ == path
