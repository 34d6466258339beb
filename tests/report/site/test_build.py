"""The site as a whole."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.content import SiteContent
from harness.results.model import CELL_OUTCOMES, Result
from harness.results.validity import without_outdated
from harness.util import forked
from tests import browser, recorded
from tests.report.site import sites


def test_the_front_page_is_small(site: Path) -> None:
    loaded = [site / "index.html", site / "data.js", *(site / "assets").iterdir()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in loaded) < 300_000


def test_every_link_leads_somewhere(site: Path) -> None:
    assert list(browser.dead_links(site)) == []


def test_every_link_of_a_site_with_gaps_leads_somewhere(site_with_gaps: Path) -> None:
    assert (site_with_gaps / "pairs" / f"{sites.VARIANT}.html").exists()
    assert list(browser.dead_links(site_with_gaps)) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<a href="page.html"></a><a href="gone.html"></a><img src="//else.where/x">')
    assert sorted(browser.dead_links(tmp_path)) == [
        ("page.html", "//else.where/x"),
        ("page.html", "gone.html"),
    ]


@pytest.mark.parametrize("processors", [1, 2])
def test_the_same_content_gives_the_same_bytes(
    rules: PairRules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processors: int
) -> None:
    results = [recorded.result(sites.KERAS_3_6), recorded.result(sites.KERAS_3_7)]
    built = {}
    for name, workers in (("one", processors), ("other", 2)):
        monkeypatch.setattr(forked, "available_processors", lambda found=workers: found)
        page = build_site(sites.content_of(results, rules), tmp_path / name)
        files = (path for path in page.parent.rglob("*") if path.is_file())
        built[name] = {path.relative_to(page.parent): path.read_bytes() for path in files}
    assert len(built["one"]) > 40
    assert built["one"] == built["other"]


def test_a_new_site_replaces_the_old_one(rules: PairRules, tmp_path: Path) -> None:
    old = tmp_path / "site" / "pairs" / "old.html"
    old.parent.mkdir(parents=True)
    old.touch()
    content = sites.content_of([recorded.result(sites.KERAS_3_7)], rules)
    front_page = build_site(content, tmp_path / "site")
    assert front_page.exists() and not old.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_site_can_be_built_without_results(rules: PairRules, tmp_path: Path) -> None:
    site = sites.build([], rules, tmp_path)
    assert list(browser.dead_links(site)) == []
    assert "pair()" not in sites.page_text(site / "cases" / "interleaved_dense.html")


def test_a_site_can_be_built_if_no_release_has_an_environment(
    rules: PairRules, tmp_path: Path
) -> None:
    pair = recorded.result(sites.KERAS_3_6).pair
    broken = Result(pair, outcome="import-error", reason="it says why")
    site = sites.build([broken], rules, tmp_path)
    assert list(browser.dead_links(site)) == []
    assert "it says why" in sites.page_text(site / "pairs" / f"{pair.id}.html")


def test_a_pair_without_any_valid_cell_has_no_page(rules: PairRules, tmp_path: Path) -> None:
    outdated = recorded.result(sites.KERAS_3_6)
    for key, cell in outdated.cells.items():
        outdated.cells[key] = replace(cell, digest="other")
    results, dropped = without_outdated(
        [outdated, recorded.result(sites.KERAS_3_7)], recorded.digests()
    )
    assert dropped == len(outdated.cells) > 0
    site = sites.build(results, rules, tmp_path)
    assert [page.stem for page in (site / "pairs").iterdir()] == [sites.KERAS_3_7]


def test_the_tables_of_the_site_are_those_of_the_content(site: Path, content: SiteContent) -> None:
    for name, text in content.csv_tables.items():
        assert (site / "data" / name).read_text(encoding="utf-8") == text


def test_every_outcome_of_a_cell_has_a_style(site: Path) -> None:
    styles = (site / "assets" / "style.css").read_text(encoding="utf-8")
    classes = set(re.findall(r"\.([a-z-]+)(?=[ ,])", styles))
    assert set(CELL_OUTCOMES) <= classes and "no-such-outcome" not in classes
