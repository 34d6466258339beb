"""Resolutions: kept where nothing can change them, and found again by the same question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.environments import resolutions
from harness.environments.resolutions import Resolution

PAST = datetime(2024, 10, 1, tzinfo=UTC)
QUESTION = ["python3.11", "keras-3.6.0_tensorflow-2.17.0_py3.11", "tensorflow"]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resolutions, "STORE", tmp_path)
    monkeypatch.setattr(resolutions, "honoured_settings", dict)
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    return tmp_path


def test_a_resolution_is_found_again() -> None:
    kept = resolutions.path_of(QUESTION, PAST)
    assert resolutions.load(kept) is None
    resolution = Resolution(["keras==3.6.0", "numpy==1.26.4"], overridden=True)
    resolutions.save(kept, resolution)
    assert resolutions.load(resolutions.path_of(QUESTION, PAST)) == resolution


def test_each_question_day_and_index_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {
        resolutions.path_of(QUESTION, PAST),
        resolutions.path_of([*QUESTION, "more"], PAST),
        resolutions.path_of(QUESTION, PAST + timedelta(days=1)),
    }
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://index.example/simple")
    paths.add(resolutions.path_of(QUESTION, PAST))
    monkeypatch.setattr(resolutions, "honoured_settings", lambda: {"offline": True})
    paths.add(resolutions.path_of(QUESTION, PAST))
    assert len(paths) == 5


def test_what_can_still_change_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert resolutions.path_of(QUESTION, tomorrow) is None
    for settings in ({"find-links": ["wheels"]}, {"pip": {"find-links": ["wheels"]}}):
        monkeypatch.setattr(resolutions, "honoured_settings", lambda found=settings: found)
        assert resolutions.path_of(QUESTION, PAST) is None
    monkeypatch.setattr(resolutions, "honoured_settings", dict)
    monkeypatch.setenv("UV_FIND_LINKS", "wheels")
    assert resolutions.path_of(QUESTION, PAST) is None
    resolutions.save(None, Resolution([], overridden=False))
    assert resolutions.load(None) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"installed": []}'])
def test_a_damaged_file_is_no_resolution(store: Path, text: str) -> None:
    path = store / "damaged.json"
    path.write_text(text)
    assert resolutions.load(path) is None
