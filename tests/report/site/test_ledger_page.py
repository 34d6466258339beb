"""The page of the ledgers, and its data files."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

from harness.exchange.ledger.ledger import Refusals
from harness.exchange.ledger.predictions import Predictions, judge_predictions, keys_of_files
from harness.exchange.ledger.store import StoredLedgers
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.content import SiteContent
from harness.report.site.ledger_data import ledger_files, releases_in_words
from harness.report.site.ledger_page import last_patches, ledger_page
from tests.exchange import ledgers, readings
from tests.exchange.ledgers import NEWER, OLDER, entry, ledger_of, with_classes
from tests.report.site import sites


def text_of(content: SiteContent, ledgers: StoredLedgers) -> str:
    """The page of these ledgers, with all white space as single spaces."""
    return " ".join(ledger_page(replace(content, ledgers=ledgers))[1].split())


def test_the_page_tells_what_the_older_release_refuses(site: Path) -> None:
    text = sites.page_text(site / "ledger.html")
    assert 'href="#3.15.1-to-3.12.4"' in text
    section = text.partition('<h3 id="3.15.1-to-3.12.4">')[2].partition("</section>")[0]
    assert "refuses 5 of the 11 default instances of Keras 3.15.1 whose classes it has." in section
    assert (
        "<code>quantization_config=null</code></th>"
        '<td class="number">1</td><td>layers.Dense</td><td></td></tr>' in section
    )
    assert "3.12.4 does not have: layers.ContrastLimitedAdaptiveHistogramEqualization" in section
    assert "Everything that these releases write is read: 3.12.4 (read by 3.15.1)." in text
    assert "layers.TFSMLayer: <code>TypeError: no typical value is known for filepath" in text


def test_the_number_of_refused_instances_stands_in_the_table(site: Path) -> None:
    text = sites.page_text(site / "ledger.html")
    assert (
        '<td class="load-error" title="5 of 11 written by 3.15.1 are refused by 3.12.4">'
        '<a href="#3.15.1-to-3.12.4">5</a></td>' in text
    )
    assert 'title="0 of 11 written by 3.12.4 are refused by 3.15.1">0</td>' in text


def test_where_a_class_is_missing_not_everything_is_read(content: SiteContent) -> None:
    one = ledger_of(OLDER)
    more = replace(
        with_classes(one, entry("layers.New", {"config": {}})), pair=ledger_of(NEWER).pair
    )
    refusals = [Refusals(one.pair, {NEWER: more.digest}), Refusals(more.pair, {OLDER: one.digest})]
    text = text_of(content, StoredLedgers([one, more], refusals))
    assert "3.12.4 does not have: layers.New" in text
    assert "3.15.1 (read by 3.12.4)" not in text
    assert "Everything that these releases write is read: 3.12.4 (read by 3.15.1)." in text


def test_what_was_not_tried_is_not_known(content: SiteContent) -> None:
    text = text_of(content, replace(ledgers.stored(), refusals=[]))
    assert 'class="unknown" title="not known"' in text
    assert "Keras 3.15.1 has not been asked to read what Keras 3.12.4 writes." in text
    assert "Everything is read" not in text


def test_without_ledgers_the_page_says_how_to_make_them(content: SiteContent) -> None:
    text = text_of(content, StoredLedgers())
    assert "<code>nox -s ledger</code> makes them" in text
    assert "<h2" not in text


def test_a_section_stands_on_the_page_once(content: SiteContent) -> None:
    text = text_of(content, ledgers.stored())
    assert text.count('id="3.15.1-to-3.12.4"') == 1
    assert "read by the one before" not in text


def test_a_release_follows_the_one_before_it_by_version_and_by_branch(content: SiteContent) -> None:
    made = [
        replace(ledger_of(OLDER), pair=Pair.parse(f"keras-{version}_tensorflow-2.20.0_py3.11"))
        for version in ("3.12.0", "3.12.4", "3.13.0")
    ]
    text = text_of(content, StoredLedgers(made))
    for newer in ("3.12.0-to-3.12.4", "3.12.4-to-3.13.0", "3.12.0-to-3.13.0"):
        assert f'<h3 id="{newer}">' in text


def test_the_last_patch_stands_for_its_minor() -> None:
    older = ledger_of(OLDER)
    versions = ("3.11.0", "3.12.0", "3.12.4", "3.15.0rc1", "3.15.0")
    releases = [
        replace(older, pair=Pair.parse(f"keras-{version}_tensorflow-2.20.0_py3.11"))
        for version in versions
    ]
    assert [each.release for each in last_patches(releases)] == ["3.11.0", "3.12.4", "3.15.0"]


def test_untrusted_text_stays_text(content: SiteContent) -> None:
    newest = with_classes(
        ledger_of(NEWER), entry("layers.<img>", {"config": {"<key>": "<value>"}}),
        entry("layers.Dense", {"config": {"<img>": "<value>"}}),
    )  # fmt: skip
    text = text_of(content, StoredLedgers([ledger_of(OLDER), newest]))
    assert "<code>&lt;img&gt;=&#34;&lt;value&gt;&#34;</code>" in text
    assert "does not have: layers.&lt;img&gt;" not in text  # more than eight stand in details
    assert "layers.&lt;img&gt;" in text
    assert "<img" not in text


def test_a_row_tells_who_writes_and_who_accepts_a_key(site: Path) -> None:
    rows = {(row["class"], row["key"]): row for row in sites.csv_rows(site, "ledger.csv")}
    assert rows["layers.Dense", "quantization_config"] == {
        "class": "layers.Dense", "key": "quantization_config", "values": "null",
        "written by": "3.15.1", "also accepted by": "",
    }  # fmt: skip
    assert rows["layers.Dense", "input_shape"]["also accepted by"] == "3.12.4 to 3.15.1"
    assert rows["layers.Dense", "units"]["written by"] == "3.12.4 to 3.15.1"


def test_text_that_a_spreadsheet_would_execute_is_quoted() -> None:
    hostile = with_classes(ledger_of(NEWER), entry("layers.A", {"config": {"=1+1": 1}}))
    text = ledger_files(StoredLedgers([hostile]))["data/ledger.csv"].decode()
    assert ["layers.A", "'=1+1", "1", NEWER, ""] in list(csv.reader(StringIO(text)))


def test_releases_are_told_as_ranges() -> None:
    six = [
        replace(ledger_of(OLDER), pair=Pair.parse(f"keras-3.{n}.0_tensorflow-2.20.0_py3.11"))
        for n in range(6)
    ]
    assert releases_in_words([0, 1, 2, 4], six) == "3.0.0 to 3.2.0, 3.4.0"
    assert releases_in_words([], six) == ""


def test_everything_is_in_the_json_file(rules: PairRules, site: Path) -> None:
    document = json.loads(gzip.decompress((site / "data" / "ledger.json.gz").read_bytes()))
    key = document["releases"][NEWER]["classes"]["layers.Dense"]["writes"]
    assert document["objects"][key]["config"]["quantization_config"] is None
    assert document["refusals"][OLDER]["refused"][key]["type"] == "ValueError"


def test_the_page_holds_the_ledgers_against_saved_files(
    content: SiteContent, tmp_path: Path
) -> None:
    keys_of = keys_of_files(readings.corpus(tmp_path))
    found = judge_predictions(readings.data(), content.ledgers.ledgers, keys_of)
    page = " ".join(ledger_page(replace(content, predict=lambda: found))[1].split())
    assert "6 because of a key that the ledgers foresaw" in page
    assert '<th scope="row">3.12.4</th><td class="number">6</td>' in page
    assert "Foreseen, but read" not in page


def test_without_readings_the_page_claims_nothing(content: SiteContent) -> None:
    page = ledger_page(replace(content, predict=Predictions))[1]
    assert "No readings of files that are newer than their reader are known." in page
