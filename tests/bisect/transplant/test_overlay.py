"""Overlays on disk, imported by a real interpreter."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from harness.bisect.transplant import overlay as module
from harness.bisect.transplant.overlay import Overlay
from tests.bisect.transplant.releases import release


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "OVERLAYS", tmp_path / "overlays")
    files = {"a.py": "x = 1\n", "sub/__init__.py": "", "sub/b.py": "y = 1\n"}
    return release(tmp_path, "1", files).root


def imported(folder: Path, statement: str) -> str:
    return subprocess.run(
        [sys.executable, "-B", "-c", statement],
        env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


def test_changed_new_and_removed_files_and_all_others_linked(root: Path) -> None:
    texts = {"pkg/a.py": "x = 2\n", "pkg/new/c.py": "z = 3\n", "pkg/sub/b.py": None}
    with Overlay(root, "pkg", texts).folder() as folder:
        assert imported(folder, "import pkg.a, pkg.new.c as c; print(pkg.a.x, c.z)") == "2 3"
        assert not (folder / "pkg/sub/b.py").exists()
        assert (folder / "pkg/__init__.py").is_symlink()
    assert not folder.exists()
    assert (root / "pkg/a.py").read_text() == "x = 1\n" and (root / "pkg/sub/b.py").exists()


def test_a_folder_without_changes_is_one_link(root: Path) -> None:
    with Overlay(root, "pkg", {"pkg/a.py": "x = 2\n"}).folder() as folder:
        assert (folder / "pkg/sub").is_symlink()
        assert imported(folder, "import pkg.sub.b as b; print(b.y)") == "1"


def test_without_changes_it_is_the_release_itself(root: Path) -> None:
    with Overlay(root, "pkg").folder() as folder:
        assert folder == root
    assert root.exists()


def test_the_bytecode_of_a_changed_file_of_equal_length_and_date_is_not_used(root: Path) -> None:
    for name in ("a.py", "sub/b.py"):
        os.utime(root / "pkg" / name, (10**9, 10**9))
        py_compile.compile(str(root / "pkg" / name))
    overlay = Overlay(root, "pkg", {"pkg/a.py": "x = 2\n"})
    with overlay.folder() as folder:
        os.utime(folder / "pkg/a.py", (10**9, 10**9))
        assert imported(folder, "import pkg.a; print(pkg.a.x)") == "2"
        assert [path.name for path in (folder / "pkg/__pycache__").iterdir()] == []
        cached = imported(folder, "import pkg.sub.b as b; print(b.__cached__)")
        assert Path(cached).exists()


def test_the_digest_tells_releases_and_texts_apart(root: Path, tmp_path: Path) -> None:
    other = release(tmp_path, "2", {}).root
    overlays = [
        Overlay(root, "pkg"),
        Overlay(other, "pkg"),
        Overlay(root, "pkg", {"pkg/a.py": None}),
        Overlay(root, "pkg", {"pkg/a.py": ""}),
        Overlay(root, "pkg", {"pkg/a.py": "None"}),
        Overlay(root, "pkg", {"pkg/b.py": ""}),
    ]
    assert len({overlay.digest for overlay in overlays}) == len(overlays)
    assert (
        Overlay(root, "pkg", {"b": "", "a": ""}).digest
        == Overlay(root, "pkg", {"a": "", "b": ""}).digest
    )


def test_the_overlay_of_a_killed_process_is_removed_and_that_of_another_stays(root: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    killed, running = (module.OVERLAYS / f"{pid}-x" for pid in (process.pid, os.getppid()))
    for folder in (killed, running):
        folder.mkdir(parents=True)
    with Overlay(root, "pkg", {"pkg/a.py": None}).folder():
        assert running.exists() and not killed.exists()
