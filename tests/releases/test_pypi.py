"""Reading the index, on an answer recorded from one (the file addresses made relative)."""

from __future__ import annotations

import json

from packaging.version import Version
from pypi_simple import ProjectPage

from harness.releases.catalogue import CATALOGUE, Catalogue
from harness.releases.pypi import releases_of
from tests.conftest import DATA


def test_releases_of_a_recorded_answer() -> None:
    answer = json.loads((DATA / "index-tf-keras.json").read_text())
    page = ProjectPage.from_json_data(answer, base_url="https://index.invalid/simple/tf-keras/")
    releases = {r.version: r for r in releases_of("tf-keras", page.packages)}
    assert len(releases) == len(answer["versions"])
    newest = releases[Version("2.21.0")]
    assert newest.uploaded.isoformat() == "2026-03-18T22:12:00+00:00"
    assert newest.admits("3.10")
    assert not newest.admits("3.9")
    assert releases[Version("2.20.0")].yanked
    assert not releases[Version("2.16.0rc1")].is_stable


def test_the_kept_catalogue_is_what_it_would_write() -> None:
    assert Catalogue.load().dumps() == CATALOGUE.read_text(encoding="utf-8")
