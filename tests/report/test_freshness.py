"""Whether the report has to be made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report import freshness
from harness.report.freshness import inputs_digest, is_up_to_date, keep_stamp


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a result, a committed table and the first page of a site."""
    for name in ("results/one.json", "changes.csv", "site/index.html"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("text")
    monkeypatch.setattr(freshness, "REPORTS", tmp_path)
    monkeypatch.setattr(freshness, "SITE", tmp_path / "site")
    monkeypatch.setattr(freshness, "_STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(freshness, "_INPUTS", (tmp_path / "results",))
    return tmp_path


def test_a_report_is_up_to_date_until_something_changes(folder: Path) -> None:
    assert not is_up_to_date()
    keep_stamp(inputs_digest())
    assert is_up_to_date()
    (folder / "results" / ".one.json.part").write_text("being written")
    assert is_up_to_date()
    (folder / "results" / "two.json").write_text("text")
    assert not is_up_to_date()


@pytest.mark.parametrize("name", ["results/one.json", "changes.csv"])
def test_a_file_that_changes_makes_the_report_outdated(folder: Path, name: str) -> None:
    keep_stamp(inputs_digest())
    (folder / name).write_text("longer text")
    assert not is_up_to_date()


def test_what_changes_while_the_report_is_made_makes_it_outdated(folder: Path) -> None:
    before = inputs_digest()
    (folder / "results" / "one.json").write_text("longer text")
    keep_stamp(before)
    assert not is_up_to_date()


def test_without_a_site_or_with_a_damaged_note_the_report_is_made(folder: Path) -> None:
    keep_stamp(inputs_digest())
    (folder / "stamp.json").write_text("{")
    assert not is_up_to_date()
    keep_stamp(inputs_digest())
    (folder / "site" / "index.html").unlink()
    assert not is_up_to_date()
