"""The bytecode cache: only bytecode of the same source is used, and none is lost."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from harness.environments import bytecode_cache


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bytecode_cache, "STORE", tmp_path / "store")
    return tmp_path / "store"


def installed(folder: Path, text: str = "value = 1\n", mtime: int = 1_600_000_000) -> Path:
    """A ``site-packages`` with one distribution: ``Some_Thing`` 2, of one package."""
    record = folder / "some_thing-2.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: Some_Thing\nVersion: 2\n")
    (record / "RECORD").write_text("some/__init__.py,,\nsome_thing-2.dist-info/RECORD,,\n")
    (folder / "some").mkdir()
    source = folder / "some" / "__init__.py"
    source.write_text(text)
    os.utime(source, (mtime, mtime))
    return folder


def compiled(packages: Path) -> Path:
    """Compile the package, and return the bytecode file."""
    return Path(py_compile.compile(str(packages / "some" / "__init__.py")) or "")


def value_in(packages: Path) -> str:
    command = [sys.executable, "-B", "-c", "import some; print(some.value, some.__cached__)"]
    env = {"PYTHONPATH": str(packages)}
    return subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_bytecode_of_one_environment_is_restored_in_another(tmp_path: Path) -> None:
    one, other = installed(tmp_path / "one"), installed(tmp_path / "other")
    bytecode = compiled(one)
    bytecode_cache.save(one, ["some-thing==2"])
    bytecode_cache.restore(other, ["some-thing==2", "not-kept==1"])
    restored = other / bytecode.relative_to(one)
    assert restored.samefile(bytecode)
    # Python really loads this file: it fails once the file is damaged behind its header.
    assert value_in(other).startswith("1 ")
    bytecode.write_bytes(restored.read_bytes()[:16] + b"damaged")
    with pytest.raises(subprocess.CalledProcessError):
        value_in(other)


@pytest.mark.parametrize(
    ("text", "mtime"), [("value = 2\n", 1_600_000_001), ("value = 22\n", 1_600_000_000)]
)
def test_python_ignores_bytecode_of_another_source(tmp_path: Path, text: str, mtime: int) -> None:
    one, other = installed(tmp_path / "one"), installed(tmp_path / "other", text, mtime)
    compiled(one)
    bytecode_cache.save(one, ["some-thing==2"])
    bytecode_cache.restore(other, ["some-thing==2"])
    assert list(other.rglob("*.pyc"))
    assert f"value = {value_in(other).split()[0]}\n" == text


def test_bytecode_is_restored_for_the_same_version_only(tmp_path: Path) -> None:
    one, other = installed(tmp_path / "one"), installed(tmp_path / "other")
    compiled(one)
    bytecode_cache.save(one, ["some-thing==2", "other==1"])
    bytecode_cache.restore(other, ["some-thing==3"])
    assert not list(other.rglob("*.pyc"))
    bytecode_cache.restore(other, ["some-thing==2"])
    assert list(other.rglob("*.pyc"))


def test_each_minor_version_of_python_has_its_own_entries(tmp_path: Path) -> None:
    one = installed(tmp_path / "python3.11" / "site-packages")
    other = installed(tmp_path / "python3.12" / "site-packages")
    compiled(one)
    bytecode_cache.save(one, ["Some_Thing==2"])
    bytecode_cache.restore(other, ["some-thing==2"])
    assert not list(other.rglob("*.pyc"))


def test_an_outdated_entry_is_replaced(tmp_path: Path, store: Path) -> None:
    old, new = installed(tmp_path / "old"), installed(tmp_path / "new", mtime=1_700_000_000)
    compiled(old)
    bytecode_cache.save(old, ["some-thing==2"])
    bytecode = compiled(new)
    bytecode_cache.save(new, ["some-thing==2"])
    (cached,) = store.rglob("*.pyc")
    assert cached.samefile(bytecode)
    assert [entry.name for entry in (store / tmp_path.name).iterdir()] == ["some-thing==2"]


def test_a_current_entry_is_left_alone(tmp_path: Path, store: Path) -> None:
    one, other = installed(tmp_path / "one"), installed(tmp_path / "other")
    bytecode = compiled(one)
    compiled(other)
    bytecode_cache.save(one, ["some-thing==2"])
    bytecode_cache.save(other, ["some-thing==2"])
    (cached,) = store.rglob("*.pyc")
    assert cached.samefile(bytecode)
