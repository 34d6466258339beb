"""The site of results with gaps: nothing that is not known may read as if nothing had happened."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from harness.analysis.histories import make_tables
from harness.execution.cases import all_cases, code_digests
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.source import Source
from harness.results import store
from harness.results.model import Result
from harness.results.validity import without_outdated
from tests import browser
from tests.browser import texts, visit

WHOLE = "keras-2.15.0_tensorflow-2.15.0_py3.11"
BROKEN = "keras-3.6.0_tensorflow-2.17.0_py3.11"
PARTIAL = "keras-3.7.0_tensorflow-2.18.0_py3.11"
OF_THE_CROSS = "keras-3.7.0_tensorflow-2.18.1_py3.11"
OTHER_PYTHON = "keras-3.7.0_tensorflow-2.18.1_py3.12"
VARIANT = "keras-3.7.0_tensorflow-2.18.1_py3.11+numpy==1.26.4"
CANDIDATE = "keras-2.15.0rc1_tensorflow-2.15.0_py3.11"

in_browser = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing())


def site_of(stored: list[Result], rules: PairRules, folder: Path) -> Path:
    made = make_tables(stored, rules)
    build_site(Source(made, stored, all_cases(), rules.catalogue, []), folder)
    return folder


@pytest.fixture(scope="module")
def site(rules: PairRules, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real results, of which one pair is broken, one half known, and three are of other kinds."""
    known = {each.pair.id: each for each in store.read_all()[0]}
    partial = {key: cell for key, cell in known[PARTIAL].cells.items() if key[1] == "keras"}
    stored = [
        known[WHOLE],
        known["keras-3.0.5_tensorflow-2.15.0.post1_py3.11"],
        replace(known[BROKEN], outcome="import-error", reason="No module named 'x'", cells={}),
        replace(known[PARTIAL], cells=partial),
        known[OF_THE_CROSS],
        replace(known[OF_THE_CROSS], pair=Pair.parse(OTHER_PYTHON), cells=partial),
        replace(known[OF_THE_CROSS], pair=Pair.parse(VARIANT)),
        replace(known[WHOLE], pair=Pair.parse(CANDIDATE)),
    ]
    return site_of(sorted(stored, key=lambda each: each.pair), rules, tmp_path_factory.mktemp("s"))


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    with browser.chromium("--window-size=1400,1000") as found:
        yield found


def read(page: Path) -> str:
    return " ".join(page.read_text(encoding="utf-8").split())


def changes_of_cells(site: Path) -> list[dict[str, str]]:
    with (site / "data" / "changes.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case"]]


def test_every_link_leads_somewhere(site: Path) -> None:
    assert (site / "pairs" / f"{VARIANT}.html").exists()
    assert list(browser.dead_links(site)) == []


def test_a_release_without_an_environment_is_told_once(site: Path) -> None:
    page = read(site / "releases" / "keras-3.6.0.html")
    assert "Nothing changed" not in page
    assert "No module named &#39;x&#39;" in page and page.count("every case") == 1
    atom = "{http://www.w3.org/2005/Atom}"
    titles = [each.text for each in ElementTree.parse(site / "changes.atom").iter(f"{atom}title")]
    assert "keras 3.6.0: not installable" in titles
    assert any(title and title.endswith("installable again") for title in titles)
    assert "3.6.0" not in {each["from"] for each in changes_of_cells(site)}


def test_cells_that_are_not_known_are_counted(site: Path) -> None:
    first = read(site / "index.html")
    assert "not known" in first
    message = json.loads((site / "badge.json").read_text())["message"]
    assert message.endswith(" not known") and not message.endswith(" 0 not known")


def test_nothing_at_all_is_a_site_too(rules: PairRules, tmp_path: Path) -> None:
    empty = site_of([], rules, tmp_path / "site")
    assert list(browser.dead_links(empty)) == []
    assert json.loads((empty / "badge.json").read_text())["message"] == "nothing known"
    assert "pair()" not in read(empty / "cases" / "interleaved_dense.html")


def test_a_history_that_cannot_be_installed_at_all_is_a_site_too(
    rules: PairRules, tmp_path: Path
) -> None:
    broken = Result(Pair.parse(BROKEN), outcome="import-error", reason="it says why")
    folder = site_of([broken], rules, tmp_path / "site")
    assert list(browser.dead_links(folder)) == []
    assert json.loads((folder / "badge.json").read_text())["message"] == "not installable"


def test_a_case_that_begins_half_known_has_one_row(rules: PairRules, tmp_path: Path) -> None:
    known = {each.pair.id: each for each in store.read_all()[0]}
    half = {key: cell for key, cell in known[BROKEN].cells.items() if key[1] == "keras"}
    stored = [replace(known[BROKEN], cells=half), known[PARTIAL]]
    page = read(site_of(stored, rules, tmp_path / "site") / "index.html")
    assert page.count('data-case="interleaved_dense"') == 1
    release = read(tmp_path / "site" / "releases" / "keras-3.7.0.html")
    assert f"{len(half)} cells are known here and before" in release


def test_nothing_before_is_not_nothing_changed(rules: PairRules, tmp_path: Path) -> None:
    known = {each.pair.id: each for each in store.read_all()[0]}
    missing = replace(known[BROKEN], outcome="no-interpreter", reason="none", cells={})
    folder = site_of([missing, known[PARTIAL]], rules, tmp_path / "site")
    page = read(folder / "releases" / "keras-3.7.0.html")
    assert "Nothing changed" not in page
    assert "Nothing is known of a release before it" in page
    assert "not installable" not in read(folder / "badge.json")


def test_a_pair_all_of_whose_cells_are_of_other_code_is_left_out(
    rules: PairRules, tmp_path: Path
) -> None:
    known = {each.pair.id: each for each in store.read_all()[0]}
    cells = {key: replace(cell, digest="other") for key, cell in known[BROKEN].cells.items()}
    stored, dropped = without_outdated(
        [replace(known[BROKEN], cells=cells), known[PARTIAL]], code_digests(all_cases())
    )
    assert dropped == len(cells)
    folder = site_of(stored, rules, tmp_path / "site")
    assert [page.stem for page in (folder / "pairs").iterdir()] == [PARTIAL]


def test_a_case_that_nothing_is_known_of_says_so(rules: PairRules, tmp_path: Path) -> None:
    known = {each.pair.id: each for each in store.read_all()[0]}
    others = {k: cell for k, cell in known[PARTIAL].cells.items() if k[0] != "interleaved_dense"}
    folder = site_of([replace(known[PARTIAL], cells=others)], rules, tmp_path / "site")
    assert "Nothing is known of it yet" in read(folder / "cases" / "interleaved_dense.html")
    assert "Nothing is known of <a" in read(folder / "index.html")
    assert "8 not known" in json.loads((folder / "badge.json").read_text())["message"]


@in_browser
def test_the_table_shows_what_is_not_there(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html")
    blocks = "#table-keras tbody[data-case=interleaved_dense] tr.case td"
    titles = [
        str(each.get_attribute("title")) for each in driver.find_elements(By.CSS_SELECTOR, blocks)
    ]
    assert [title for title in titles if title.startswith("3.6.0")] == ["3.6.0: import-error"]
    assert any("not known" in title for title in titles if title.startswith("3.7.0"))
    assert any("importing Keras raises" in each for each in texts(driver, "dl.legend"))
    Select(driver.find_element(By.NAME, "from")).select_by_visible_text("3.6.0")
    assert texts(driver, "#table-keras thead th a") == ["3.6.0", "3.7.0"]


@in_browser
def test_the_grid_takes_the_pair_of_the_rule(site: Path, driver: Chrome) -> None:
    visit(driver, site / "grid.html")
    shown = driver.find_elements(By.CSS_SELECTOR, "#grid td[data-pair]")
    assert [each.get_attribute("data-pair") for each in shown] == [PARTIAL, OF_THE_CROSS]
    assert "?" in shown[0].text and "?" not in shown[1].text
    visit(driver, site / "grid.html", "#case=interleaved_dense")
    counts = texts(driver, "#grid td[data-pair] .state")
    assert counts[0].endswith("?") and not counts[1].endswith("?")
    visit(driver, site / "grid.html", "#case=interleaved_dense&format=json")
    assert texts(driver, "#grid td[data-pair] .state") == ["? not known", "✓ pass"]


@in_browser
def test_the_upgrade_page_tells_what_cannot_be_told(site: Path, driver: Chrome) -> None:
    visit(driver, site / "upgrade.html", f"#from={WHOLE}&to={PARTIAL}")
    assert "not known of one of them" in texts(driver, "#answer")[0]
    visit(driver, site / "upgrade.html", f"#from={WHOLE}&to={BROKEN}")
    assert "no environment" in texts(driver, "#answer")[0]
    visit(driver, site / "upgrade.html", f"#from={WHOLE}&to={PARTIAL}&case=interleavd")
    assert texts(driver, "#answer") == ["There is no such cell."]
    visit(driver, site / "upgrade.html", f"#from={WHOLE}&to={BROKEN}")
    assert texts(driver, "#differences tbody tr") == [
        "not installable every case ✓ runs ✗ import-error No module named 'x'"
    ]
    option = "select[name=from] optgroup[label='{}'] option"
    assert len(texts(driver, option.format("Pre-releases and daily builds"))) == 1
    (variant,) = texts(driver, option.format("With other packages"))
    assert variant.endswith("with numpy==1.26.4")


@in_browser
def test_another_address_forgets_the_filters_of_the_one_before(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html", "#case=interleaved_dense&from=3.6.0")
    narrow = texts(driver, "#count")
    driver.execute_script("location.hash = '#format=keras'")
    assert driver.find_element(By.NAME, "case").get_attribute("value") == ""
    assert texts(driver, "#count") != narrow
