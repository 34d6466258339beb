"""Reading the package index, on a recorded answer (with file addresses made relative)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version
from pypi_simple import DistributionPackage, ProjectPage

from harness.releases.pypi import default_index, releases_of
from harness.util.errors import Fault
from tests.conftest import DATA


def recorded_answer() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((DATA / "index-tf-keras.json").read_text())
    return answer


def files_in(answer: dict[str, Any]) -> list[DistributionPackage]:
    base_url = "https://index.invalid/simple/tf-keras/"
    return ProjectPage.from_json_data(answer, base_url=base_url).packages


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://index.invalid/simple", "https://index.invalid/simple"),
        ("mine=https://index.invalid/simple", "https://index.invalid/simple"),
        ("mine=https://index.invalid/?key=a=b", "https://index.invalid/?key=a=b"),
        ("https://index.invalid/?next=https://a", "https://index.invalid/?next=https://a"),
        ("mine=file:///srv/simple", "file:///srv/simple"),
    ],
)
def test_the_url_of_an_index_is_whole(
    monkeypatch: pytest.MonkeyPatch, value: str, url: str
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", value)
    monkeypatch.setenv("UV_INDEX_URL", "https://other.invalid/")
    assert default_index() == url


def test_the_settings_of_uv_come_before_those_of_pip(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.invalid/?a=b")
    monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / "uv.toml"))
    (tmp_path / "uv.toml").write_text("")
    assert default_index() == "https://pip.invalid/?a=b"
    (tmp_path / "uv.toml").write_text('index-url = "https://uv.invalid/?a=b"\n')
    assert default_index() == "https://uv.invalid/?a=b"


def test_the_files_of_a_page_are_grouped_into_releases() -> None:
    answer = recorded_answer()
    releases = {each.version: each for each in releases_of("tf-keras", files_in(answer))}
    assert len(releases) == len(answer["versions"])
    newest = releases[Version("2.21.0")]
    assert newest.uploaded.isoformat() == "2026-03-18T22:12:00+00:00"
    assert newest.admits("3.10")
    assert not newest.admits("3.9")
    assert releases[Version("2.20.0")].yanked
    assert not releases[Version("2.16.0rc1")].is_stable


def test_an_index_without_upload_times_is_a_fault() -> None:
    answer = recorded_answer()
    del answer["files"][0]["upload-time"]
    with pytest.raises(Fault, match="states no upload times for tf-keras"):
        list(releases_of("tf-keras", files_in(answer)))


def test_a_file_added_long_after_the_first_completes_the_release() -> None:
    answer = recorded_answer()
    for file in answer["files"]:
        if "2.21.0" in file["filename"]:
            file["upload-time"] = "2026-03-18T22:12:00Z"
    late = next(file for file in answer["files"] if "2.21.0" in file["filename"])
    late["upload-time"] = "2026-04-01T00:00:00Z"
    releases = {each.version: each for each in releases_of("tf-keras", files_in(answer))}
    newest = releases[Version("2.21.0")]
    assert newest.uploaded.isoformat() == "2026-03-18T22:12:00+00:00"
    assert newest.completed.isoformat() == "2026-04-01T00:00:00+00:00"
