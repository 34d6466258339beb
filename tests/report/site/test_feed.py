"""The Atom feed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from harness.releases.pair_rules import PairRules
from harness.report.site.feed import ATOM, feed
from tests.report.site import sites


def elements(feed_file: Path, path: str) -> list[ElementTree.Element]:
    root = ElementTree.parse(feed_file).getroot()
    return root.findall(path, {"": ATOM})


@pytest.fixture(scope="module")
def entries(site: Path) -> list[ElementTree.Element]:
    return elements(site / "changes.atom", "entry")


def text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(name, namespaces={"": ATOM}) or ""


def test_each_release_with_a_change_has_an_entry_with_an_id_of_its_own(
    site: Path, entries: list[ElementTree.Element]
) -> None:
    releases = {(row["lineage"], row["to"]) for row in sites.csv_rows(site, "changes.csv")}
    ids = {text(entry, "id") for entry in entries}
    assert len(ids) == len(entries) == len(releases) > 15


def test_each_entry_links_to_the_page_of_its_release(
    site: Path, entries: list[ElementTree.Element]
) -> None:
    for entry in entries:
        (link,) = entry.findall("link", {"": ATOM})
        assert (site / unquote(link.attrib["href"])).exists()


def test_the_newest_release_comes_first(entries: list[ElementTree.Element]) -> None:
    days = [text(entry, "updated") for entry in entries]
    assert days == sorted(days, reverse=True) and len(set(days)) > 10


def test_an_entry_says_what_changed(entries: list[ElementTree.Element]) -> None:
    (entry,) = [entry for entry in entries if text(entry, "title").startswith("keras 3.7.0: ")]
    assert " fix" in text(entry, "title")
    assert "interleaved_dense" in text(entry, "summary")


def test_a_release_without_an_environment_is_one_change(site_with_gaps: Path) -> None:
    titles = [
        title.text or "" for title in elements(site_with_gaps / "changes.atom", "entry/title")
    ]
    assert "keras 3.6.0: not installable" in titles
    assert any(title.endswith("installable again") for title in titles)


def test_a_feed_without_entries_is_valid(rules: PairRules) -> None:
    root = ElementTree.fromstring(feed(sites.content_of([], rules)))
    assert root.tag == f"{{{ATOM}}}feed"
    assert text(root, "updated") == "1970-01-01T00:00:00Z"
    assert root.findall("entry", {"": ATOM}) == []
