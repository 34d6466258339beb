"""What every process imports is compiled once; what cannot be is left to those who report it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.environments import bytecode_cache
from harness.environments.compiling import compile_missing

PYTHON = Path(sys.executable)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bytecode_cache, "STORE", tmp_path / "store")
    return tmp_path / "store"


def site_packages(tmp_path: Path, name: str, **distributions: str) -> Path:
    """A ``site-packages`` with distributions of one module, whose text is given, in version 1."""
    packages = tmp_path / name / "python3.11" / "site-packages"
    for distribution, text in distributions.items():
        record = packages / f"{distribution}-1.dist-info"
        record.mkdir(parents=True)
        (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1")
        (record / "RECORD").write_text(f"{distribution}/__init__.py,,\n")
        module = packages / distribution / "__init__.py"
        module.parent.mkdir()
        module.write_text(text)
    return packages


def bytecode_in(packages: Path) -> set[str]:
    return {path.parent.parent.name for path in packages.rglob("*.pyc")}


def test_keras_is_compiled_and_its_bytecode_serves_the_next_environment(tmp_path: Path) -> None:
    one = site_packages(tmp_path, "one", keras="value = 1\n", other="value = 2\n")
    compile_missing(PYTHON, one, ["keras==1", "other==1"])
    assert bytecode_in(one) == {"keras"}
    assert bytecode_cache.has(one, "keras==1")
    other = site_packages(tmp_path, "other")
    bytecode_cache.restore(other, ["keras==1"])
    assert bytecode_in(other) == set()  # its sources are not there


def test_what_is_cached_is_not_compiled_again(tmp_path: Path) -> None:
    one = site_packages(tmp_path, "one", keras="value = 1\n")
    compile_missing(PYTHON, one, ["keras==1"])
    (bytecode,) = one.rglob("*.pyc")
    before = bytecode.stat().st_mtime_ns
    compile_missing(PYTHON, one, ["keras==1"])
    assert bytecode.stat().st_mtime_ns == before


def test_bytecode_of_sources_that_were_unpacked_again_is_not_current(tmp_path: Path) -> None:
    one = site_packages(tmp_path, "one", keras="value = 1\n")
    compile_missing(PYTHON, one, ["keras==1"])
    os.utime(one / "keras" / "__init__.py", (1_600_000_000, 1_600_000_000))
    assert not bytecode_cache.has(one, "keras==1")
    compile_missing(PYTHON, one, ["keras==1"])
    assert bytecode_cache.has(one, "keras==1")


def test_a_release_that_cannot_be_compiled_or_imported_harms_nothing(tmp_path: Path) -> None:
    packages = site_packages(tmp_path, "one", keras="def\n", tensorflow="1 / 0\n")
    compile_missing(PYTHON, packages, ["keras==1", "tensorflow==1"])
    assert not bytecode_cache.has(packages, "keras==1")
    compile_missing(tmp_path / "no such python", packages, ["keras==1"])


def test_no_module_in_the_current_folder_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("struct", "tensorflow"):
        (folder / f"{name}.py").write_text("open('imported', 'w')\n")
    monkeypatch.chdir(folder)
    packages = site_packages(tmp_path, "one", keras="value = 1\n", tensorflow="value = 2\n")
    compile_missing(PYTHON, packages, ["keras==1", "tensorflow==1"])
    assert not (folder / "imported").exists()
    assert "keras" in bytecode_in(packages)
