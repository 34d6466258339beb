"""Files that are written as a whole."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from harness.util.files import (
    LONGEST_WRITE,
    append_line,
    remove_partial_files,
    write_atomically,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.json"
    write_atomically(path, "Größe\n")
    assert path.read_text(encoding="utf-8") == "Größe\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert names_in(path.parent) == ["file.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_content_and_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    path = tmp_path / "file.json"
    write_atomically(path, "old")
    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[step], fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["file.json"]


def test_text_that_cannot_be_encoded_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["file.json"]


def test_only_old_partial_files_are_removed(tmp_path: Path) -> None:
    names = (".old.part", ".new.part", "old.part", ".old.json")
    for name in names:
        (tmp_path / name).touch()
        if "old" in name:
            long_ago = time.time() - LONGEST_WRITE - 5
            os.utime(tmp_path / name, (long_ago, long_ago))
    remove_partial_files(tmp_path)
    assert names_in(tmp_path) == sorted(set(names) - {".old.part"})


def test_lines_are_appended_to_a_log_that_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "log.jsonl"
    append_line(path, "Größe\n")
    append_line(path, "two\n")
    assert path.read_text(encoding="utf-8") == "Größe\ntwo\n"


@pytest.mark.parametrize("rest", ["tw", "\ntw"])
def test_a_line_that_was_cut_short_does_not_spoil_the_next(tmp_path: Path, rest: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(f"one{rest}" if rest.startswith("\n") else rest)
    append_line(path, "three\n")
    assert path.read_text().splitlines() == (["one", "three"] if "\n" in rest else ["three"])
