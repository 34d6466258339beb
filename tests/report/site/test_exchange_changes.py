"""Change points of exchanges on the pages, in the feed and in the data files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.exchange.explained_changes import exchange_changes, with_differences
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.content import SiteContent
from harness.report.site.exchange_changes import changes_at, exchange_changes_page
from harness.report.site.exchange_data import exchange_files
from harness.report.site.exchange_page import PATH
from harness.report.site.feed import ATOM, feed
from harness.report.site.front_page import front_page
from harness.report.site.release_pages import release_pages
from harness.report.site.release_summary import release_summaries
from tests import recorded
from tests.exchange import readings
from tests.report.site import sites


@pytest.fixture(scope="module")
def content(rules: PairRules, tmp_path_factory: pytest.TempPathFactory) -> SiteContent:
    """Two releases, and what four releases have read of the files of others."""
    corpus = readings.corpus(tmp_path_factory.mktemp("corpus"))
    data = readings.data()
    changes = with_differences(exchange_changes(data, rules, readings.results()), corpus)
    results = [recorded.result(sites.KERAS_3_6), recorded.result(sites.KERAS_3_7)]
    return replace(sites.content_of(results, rules), exchange=data, exchange_changes=changes)


def release_page(content: SiteContent, release: str) -> str:
    summaries = {view.lineage: release_summaries(content, view) for view in content.tables.shown}
    return dict(release_pages(content, summaries))[f"releases/keras-{release}.html"]


def test_only_the_first_row_of_a_release_has_an_anchor(content: SiteContent) -> None:
    anchors = re.findall(r'<tr id="([^"]*)"', exchange_changes_page(content, PATH))
    ends = {(group.axis, str(group.end.keras)) for group in content.exchange_changes}
    assert sorted(anchors) == sorted(f"{axis}-keras-{keras}" for axis, keras in ends)


def test_the_page_lists_both_axes(content: SiteContent) -> None:
    page = exchange_changes_page(content, PATH)
    assert 'id="changes-reader"' in page and 'id="changes-writer"' in page
    assert 'id="reader-keras-3.7.0"' in page
    assert "Layer node index out of bounds" in page
    assert "<li>Dense: adds quantization_config (null)</li>" in page
    assert "releases between them not known" in page


def test_the_part_below_can_be_reached_without_scrolling(content: SiteContent) -> None:
    start = exchange_changes_page(content, PATH).partition("<table")[0]
    assert '<a href="#changes-reader">' in start and '<a href="#changes-writer">' in start


def test_a_page_below_another_marks_that_one(content: SiteContent) -> None:
    page = exchange_changes_page(content, PATH)
    assert '<a href="exchange.html" aria-current="true">' in page
    page = release_page(content, "3.7.0")
    assert '<a href="../releases.html" aria-current="true">' in page


def test_text_of_files_and_exceptions_is_escaped(content: SiteContent) -> None:
    page = exchange_changes_page(content, PATH)
    assert "&lt;Dense name=between" in page and "<Dense" not in page


def test_without_changes_the_page_says_so(content: SiteContent) -> None:
    page = exchange_changes_page(replace(content, exchange_changes=()), PATH)
    assert "No change is known." in page and "<table" not in page


def test_the_page_of_a_release_says_what_it_changed_as_a_reader(content: SiteContent) -> None:
    page = " ".join(release_page(content, "3.7.0").split())
    assert "As a reader, compared with 3.6.0" in page
    assert "3 fixes" in page
    assert "Layer node index out of bounds" in page


def test_the_front_page_says_how_the_newest_release_reads_the_files_of_others(
    content: SiteContent,
) -> None:
    newest = [release_summaries(content, view)[-1] for view in content.tables.shown]
    page = " ".join(front_page(content, newest, [], has_headline=False).split())
    card = page[page.index('id="newest-keras"') :].partition("</section>")[0]
    assert 'it reads <a href="releases/keras-3.7.0.html#files">every file</a> of' in card
    assert "counting only files that their own writer reads" in card
    assert "As a reader, compared with 3.6.0: " in card and "3 fixes" in card


def test_no_id_stands_twice_on_the_page_of_a_release(content: SiteContent) -> None:
    steps = [
        replace(
            group, points=tuple(point._replace(start=Pair.parse(start)) for point in group.points)
        )
        for start in (sites.KERAS_3_6, sites.KERAS_2_15)
        for group in content.exchange_changes
    ]
    page = release_page(replace(content, exchange_changes=steps), "3.7.0")
    ids = re.findall(r' id="([^"]*)"', page)
    assert "as-reader-after-2.15.0" in ids
    assert len(ids) == len(set(ids))


def test_it_is_not_claimed_that_only_these_files_were_read(content: SiteContent) -> None:
    page = " ".join(release_page(content, "3.7.0").split())
    assert "It reads every file of " in page
    assert "Whether it does is known for" in page and " 1 other releases" not in page


def test_rows_that_tell_little_are_only_counted(content: SiteContent) -> None:
    changes = list(changes_at(content, Pair.parse(sites.KERAS_3_7)))
    assert [(change.axis, change.start) for change in changes][-1] == ("reader", "3.6.0")
    reader = changes[-1]
    kinds = [row.group.kind for row in reader.rows]
    assert "change" not in kinds and "fix" in kinds


def test_a_reader_has_an_entry_of_its_own_in_the_feed(content: SiteContent) -> None:
    def entries(of: SiteContent) -> dict[str, ElementTree.Element]:
        root = ElementTree.fromstring(feed(of))
        return {
            entry.findtext("title", "", {"": ATOM}): entry
            for entry in root.findall("entry", {"": ATOM})
        }

    found = entries(content)
    (title,) = [title for title in found if title.startswith("keras 3.7.0 as a reader")]
    assert " fix" in title
    (link,) = found[title].findall("link", {"": ATOM})
    assert link.attrib["href"] == "releases/keras-3.7.0.html"
    without = entries(replace(content, exchange_changes=()))
    for name, entry in without.items():
        assert found[name].findtext("id", "", {"": ATOM}) == entry.findtext("id", "", {"": ATOM})
    ids = [entry.findtext("id", "", {"": ATOM}) for entry in found.values()]
    assert len(set(ids)) == len(ids)


def test_the_id_of_an_entry_never_changes(content: SiteContent) -> None:
    assert "urn:uuid:f3cca394-7e7c-5887-b7fb-099b3e2e6ea5" in feed(content)


def test_the_data_files_hold_the_groups_and_every_point(content: SiteContent) -> None:
    files = exchange_files(content)
    text = files["data/exchange-changes.csv"].decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(content.exchange_changes)
    (fix,) = [
        row
        for row in rows
        if (row["axis"], row["from"], row["to"], row["kind"]) == ("reader", "3.6.0", "3.7.0", "fix")
    ]
    assert fix["cases"] == "interleaved_dense (h5, json, keras)"
    lines = gzip.decompress(files["data/exchange-changes.jsonl.gz"]).decode().splitlines()
    points = [json.loads(line) for line in lines]
    assert len(points) == sum(int(row["readings"]) for row in rows)
    assert {"axis", "from", "to", "before", "after", "others"} <= points[0].keys()


def test_releases_of_tf_keras_are_told_apart_from_those_of_keras(content: SiteContent) -> None:
    group = content.exchange_changes[0]
    legacy = Pair.parse("tf-keras-2.18.0_tensorflow-2.18.0_py3.11")
    point = group.points[0]._replace(others=(Pair.parse(sites.KERAS_3_7), legacy))
    files = exchange_files(replace(content, exchange_changes=[replace(group, points=(point,))]))
    (row,) = csv.DictReader(io.StringIO(files["data/exchange-changes.csv"].decode()))
    assert row["others"] == "3.7.0 tf-keras-2.18.0"


def test_every_link_of_the_changes_leads_to_a_row(content: SiteContent) -> None:
    page = exchange_changes_page(content, PATH)
    for release in (sites.KERAS_3_6, sites.KERAS_3_7):
        for change in changes_at(content, Pair.parse(release)):
            assert f'id="{change.anchor}"' in page
