"""Bytecode that is lent: only what was made of the same source is used, and nothing is lost."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from harness.environments import bytecode_cache as bytecode


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bytecode, "STORE", tmp_path / "store")
    return tmp_path / "store"


def installed(folder: Path, text: str = "value = 1\n", day: int = 1_600_000_000) -> Path:
    """A ``site-packages`` with version 2 of a distribution of one package."""
    record = folder / "some_thing-2.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: Some_Thing\nVersion: 2\n")
    (record / "RECORD").write_text("some/__init__.py,,\nsome_thing-2.dist-info/RECORD,,\n")
    (folder / "some").mkdir()
    source = folder / "some" / "__init__.py"
    source.write_text(text)
    os.utime(source, (day, day))
    return folder


def compiled(packages: Path) -> Path:
    return Path(py_compile.compile(str(packages / "some" / "__init__.py")) or "")


def value_in(packages: Path) -> str:
    command = [sys.executable, "-B", "-c", "import some; print(some.value, some.__cached__)"]
    env = {"PYTHONPATH": str(packages)}
    return subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_what_one_environment_compiled_another_has(tmp_path: Path) -> None:
    one, other = installed(tmp_path / "one"), installed(tmp_path / "other")
    made = compiled(one)
    bytecode.save(one, ["some-thing==2"])
    bytecode.restore(other, ["some-thing==2", "not-kept==1"])
    lent = other / made.relative_to(one)
    assert lent.samefile(made)
    made.write_bytes(lent.read_bytes()[:16] + b"damaged")  # it is what is really loaded
    with pytest.raises(subprocess.CalledProcessError):
        value_in(other)


@pytest.mark.parametrize(
    ("text", "day"), [("value = 2\n", 1_600_000_001), ("value = 22\n", 1_600_000_000)]
)
def test_what_was_made_of_another_source_is_not_used(tmp_path: Path, text: str, day: int) -> None:
    one, other = installed(tmp_path / "one"), installed(tmp_path / "other", text, day)
    compiled(one)
    bytecode.save(one, ["some-thing==2"])
    bytecode.restore(other, ["some-thing==2"])
    assert list(other.rglob("*.pyc"))
    assert f"value = {value_in(other).split()[0]}\n" == text


def test_other_versions_are_lent_nothing(tmp_path: Path) -> None:
    one, other = installed(tmp_path / "one"), installed(tmp_path / "other")
    compiled(one)
    bytecode.save(one, ["some-thing==2", "other==1"])
    bytecode.restore(other, ["some-thing==3"])
    assert not list(other.rglob("*.pyc"))
    bytecode.restore(other, ["some-thing==2"])
    assert list(other.rglob("*.pyc"))


def test_each_python_has_its_own(tmp_path: Path) -> None:
    one = installed(tmp_path / "python3.11" / "site-packages")
    other = installed(tmp_path / "python3.12" / "site-packages")
    compiled(one)
    bytecode.save(one, ["Some_Thing==2"])
    bytecode.restore(other, ["some-thing==2"])
    assert not list(other.rglob("*.pyc"))


def test_what_is_outdated_is_kept_anew(tmp_path: Path, store: Path) -> None:
    old, new = installed(tmp_path / "old"), installed(tmp_path / "new", day=1_700_000_000)
    compiled(old)
    bytecode.save(old, ["some-thing==2"])
    made = compiled(new)
    bytecode.save(new, ["some-thing==2"])
    (kept,) = store.rglob("*.pyc")
    assert kept.samefile(made)
    assert [each.name for each in (store / tmp_path.name).iterdir()] == ["some-thing==2"]
