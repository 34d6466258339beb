"""The site, made of the stored results and read in a real browser."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from harness.analysis.bisections import (
    ChangedLines,
    PublishedBisection,
    read_bisections,
    store_bisection,
)
from harness.analysis.histories import make_tables
from harness.execution.cases import Case, all_cases, code_digests
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.downloads import SCHEMA
from harness.report.site.source import Source
from harness.results import store
from harness.results.model import ExceptionRecord, Result
from harness.results.validity import without_outdated
from harness.util.errors import Fault
from tests import browser
from tests.browser import texts, visit

#: What text from outside may try to be, wherever it is shown.
HOSTILE = """</script></pre><img src=x onerror="document.title='hit'">'"`{{7*7}}\ud800"""
#: The same as it is read from a result.
STORED = HOSTILE.replace("\ud800", "?")
#: One of each kind.
PAGES = (
    "index.html", "releases.html", "changes.html", "grid.html", "upgrade.html", "data.html",
    "cases/interleaved_dense.html", "releases/keras-3.7.0.html",
    "pairs/keras-3.7.0_tensorflow-2.18.0_py3.11.html",
)  # fmt: skip
#: A history small enough to be made anew: what the first page shows, and a pair of the cross.
SHOWN = ("keras-2.15.0_", "keras-3.0.5_", "keras-3.6.0_", "keras-3.7.0_", "tf-keras-2.18.0_")

in_browser = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing())


def made_of(stored: list[Result], rules: PairRules, answers: list[PublishedBisection]) -> Source:
    made = make_tables(stored, rules)
    return Source(made, stored, all_cases(), rules.catalogue, answers)


@pytest.fixture(scope="module")
def stored() -> list[Result]:
    return without_outdated(store.read_all()[0], code_digests(all_cases()))[0]


@pytest.fixture(scope="module")
def site(stored: list[Result], rules: PairRules, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site."""
    folder = tmp_path_factory.mktemp("site") / "site"
    build_site(made_of(stored, rules, read_bisections()), folder)
    return folder


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    with browser.chromium("--window-size=1400,1000") as found:
        yield found


def test_the_first_page_is_small(site: Path) -> None:
    assets = [site / "index.html", site / "data.js", *(site / "assets").iterdir()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in assets) < 300_000


def test_all_data_is_there_to_take_away(site: Path, stored: list[Result]) -> None:
    cells = sum(len(result.cells) for result in stored)
    parquet = pd.read_parquet(site / "data" / "cells.parquet")
    assert list(parquet.columns) == list(SCHEMA)
    assert len(parquet) >= cells
    lines = pd.read_json(site / "data" / "cells.jsonl.gz", lines=True, dtype=False)
    assert len(lines) == len(parquet)
    mine = parquet[(parquet["case"] == "interleaved_dense") & (parquet["format"] == "keras")]
    outcome = dict(
        zip(mine[mine["natural"]]["keras"], mine[mine["natural"]]["outcome"], strict=True)
    )
    assert (outcome["3.6.0"], outcome["3.7.0"]) == ("load-error", "pass")


def test_the_feed_and_the_badge_can_be_read(site: Path) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.parse(site / "changes.atom").getroot()
    entries = feed.findall(f"{atom}entry")
    assert len({entry.findtext(f"{atom}id") for entry in entries}) == len(entries) > 20
    for entry in entries:
        link = entry.find(f"{atom}link")
        assert link is not None
        assert (site / link.attrib["href"]).exists()
    badge = json.loads((site / "badge.json").read_text())
    assert badge["schemaVersion"] == 1
    assert badge["message"] in "".join(ElementTree.parse(site / "badge.svg").getroot().itertext())


def test_every_link_leads_somewhere(site: Path) -> None:
    assert list(browser.dead_links(site)) == []


@in_browser
def test_the_first_page_shows_the_history_and_filters_it(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html")
    assert texts(driver, "#count") == [f"{len(all_cases())} of {len(all_cases())} cases"]
    row = driver.find_element(By.CSS_SELECTOR, '#table-keras tbody[data-case="interleaved_dense"]')
    assert not row.find_element(By.CSS_SELECTOR, "tr.format").is_displayed()
    row.find_element(By.CSS_SELECTOR, "button.open").click()
    assert "L load-error ValueError" in row.find_element(By.CSS_SELECTOR, "tr.format").text

    Select(driver.find_element(By.NAME, "format")).select_by_visible_text("keras")
    driver.find_element(By.NAME, "message").send_keys("node index out of bounds")
    Select(driver.find_element(By.NAME, "from")).select_by_visible_text("3.5.0")
    cases = texts(driver, "#table-keras tr.case th a")
    assert "interleaved_dense" in cases and "dense_twice" not in cases
    assert texts(driver, "#table-keras thead th a")[0] == "3.5.0"
    address = driver.current_url
    visit(driver, site / "index.html", "#" + address.partition("#")[2])
    assert texts(driver, "#table-keras tr.case th a") == cases
    driver.find_element(By.LINK_TEXT, "interleaved_dense").click()
    assert driver.find_element(By.TAG_NAME, "h1").text == "interleaved_dense"
    assert browser.complaints(driver) == []


@in_browser
@pytest.mark.parametrize(
    ("message", "case"),
    [
        ("differ by up to 1.4 at output 0", "normalization_twice"),
        ("no end after 5 s", "contract_node_past_end"),
    ],
)
def test_a_message_is_found_as_it_was_printed(
    site: Path, driver: Chrome, message: str, case: str
) -> None:
    visit(driver, site / "index.html", f"#message={message}")
    assert case in texts(driver, "#table-keras tr.case th a")


@in_browser
def test_every_message_of_the_history_is_found(site: Path, driver: Chrome) -> None:
    """The scripts take the same out of a message as signatures do."""
    cells = pd.read_parquet(site / "data" / "cells.parquet")
    messages = sorted(set(cells.loc[cells["natural"] & (cells["message"] != ""), "message"]))
    visit(driver, site / "index.html")
    lost = driver.execute_script(
        "const texts = KERAS_BISECT.signatures.map((each) => `${each[1]} ${each[2]}`);"
        "return arguments[0].map(normalised).filter((wanted) =>"
        "  wanted.length < 4 || !texts.some((text) => text.includes(wanted)))",
        messages,
    )
    assert len(messages) > 500 and lost == []


@in_browser
def test_what_is_opened_is_in_the_address(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html", "#open=dense_twice")
    row = "#table-keras tbody[data-case={}] tr.format"
    assert texts(driver, row.format("dense_twice")) and not texts(
        driver, row.format("siamese_pair")
    )
    driver.find_element(By.ID, "open-all").click()
    assert "open=*" in driver.current_url.replace("%2A", "*")
    assert texts(driver, row.format("dense_twice"))
    driver.execute_script("location.hash = 'main'")
    assert texts(driver, row.format("dense_twice"))


@in_browser
def test_a_range_of_releases_is_one_of_days_for_the_other_lineage(
    site: Path, driver: Chrome
) -> None:
    visit(driver, site / "index.html", "#from=3.12.0")
    days = driver.execute_script(
        "return [...document.querySelectorAll('#table-tf-keras thead th:not([hidden])')]"
        ".slice(1).map((head) => head.dataset.day)"
    )
    assert days and min(days) > "2025-10"
    visit(driver, site / "index.html", "#from=3.7.0&to=3.0.0")
    assert "No release" in texts(driver, "#count")[0]


@in_browser
def test_a_line_is_a_change_point(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html", "#open=*")
    lines = driver.execute_script(
        "return [...document.querySelectorAll('#table-keras tr.format')].flatMap((row) =>"
        " [...row.cells].slice(2).map((cell) => [row.parentElement.dataset.case,"
        " row.cells[0].textContent, cell.title.split(':')[0].split(' ')[0],"
        " !cell.classList.contains('apart')]))"
    )
    with (site / "data" / "changes.csv").open(encoding="utf-8", newline="") as file:
        changes = {
            (row["case"], row["format"], row["to"])
            for row in csv.DictReader(file)
            if row["lineage"] == "keras"
        }
    drawn = {
        (case, name, keras): is_change
        for case, names, keras, is_change in lines
        for name in names.split(", ")
    }
    assert {key for key, is_change in drawn.items() if is_change} == changes


@in_browser
def test_a_traceback_is_read_on_the_page_of_its_pair(site: Path, driver: Chrome) -> None:
    visit(driver, site / "pairs" / "keras-3.6.0_tensorflow-2.17.0_py3.11.html")
    rows = driver.find_elements(By.CSS_SELECTOR, "#cells tbody tr")
    row = next(row for row in rows if row.text.startswith("interleaved_dense"))
    link = row.find_element(By.CSS_SELECTOR, "td.load-error a")
    failure = driver.find_element(By.ID, str(link.get_attribute("href")).partition("#")[2])
    assert "Layer node index out of bounds" in failure.text
    failure.find_element(By.TAG_NAME, "summary").click()
    assert "deserialize_node" in failure.text or "convert_revived_tensor" in failure.text


@in_browser
def test_the_upgrade_page_tells_what_breaks(site: Path, driver: Chrome) -> None:
    pairs = ["keras-2.15.0_tensorflow-2.15.0_py3.11", "keras-3.0.0_tensorflow-2.15.0_py3.11"]
    known = {path.stem for path in (site / "pairs").iterdir()}
    old, new = (next(each for each in known if each.startswith(pair[:12])) for pair in pairs)
    visit(driver, site / "upgrade.html", f"#from={old}&to={new}&case=interleaved_dense")
    rows = [row.split(" ")[:2] for row in texts(driver, "#differences tbody tr")]
    assert ["regression", "interleaved_dense"] in rows
    assert ["newly", "unsupported"] in rows
    visit(driver, site / "upgrade.html", f"#from={new}&to={new}")
    assert {row.split(" ")[0] for row in texts(driver, "#differences tbody tr")} == {"still"}


@in_browser
def test_the_grid_shows_one_cell_by_pair(site: Path, driver: Chrome) -> None:
    visit(driver, site / "grid.html", "#case=normalization_twice&format=keras")
    rows = {row.split(" ")[0]: row for row in texts(driver, "#grid tbody tr")}
    assert "mismatch" in rows["3.2.1"] and "mismatch" not in rows["3.1.1"]


@in_browser
@pytest.mark.parametrize("page", [*PAGES, "index.html#format=keras&outcome=mismatch"])
def test_everybody_can_use_it(site: Path, driver: Chrome, page: str) -> None:
    path, _, fragment = page.partition("#")
    visit(driver, site / path, f"#{fragment}")
    assert browser.violations(driver) == []
    assert browser.complaints(driver) == []


@in_browser
def test_it_is_used_on_a_phone_and_in_the_dark(site: Path) -> None:
    with browser.chromium("--force-dark-mode") as phone:
        screen = {"width": 375, "height": 800, "deviceScaleFactor": 2, "mobile": True}
        phone.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        for page in PAGES:
            visit(phone, site / page)
            width = phone.execute_script("return document.documentElement.scrollWidth")
            assert (page, width) == (page, 375)
            assert browser.violations(phone) == []


def hostile(result: Result) -> Result:
    """The same result with hostile text in every field that comes from outside."""
    error: ExceptionRecord = {
        "type": HOSTILE, "message": HOSTILE, "frames": [[HOSTILE, HOSTILE, 1]],
        "causes": [{"type": HOSTILE, "message": HOSTILE, "frames": [[HOSTILE, HOSTILE, 1]]}],
    }  # fmt: skip
    return replace(
        result,
        environment={**result.environment, "wheel": HOSTILE, "installed": [HOSTILE]},
        cells={
            key: replace(cell, note=HOSTILE, error=error, flaky=error)
            if cell.outcome != "pass"
            else replace(cell, note=HOSTILE)
            for key, cell in result.cells.items()
        },
    )


@in_browser
def test_hostile_text_stays_text(
    stored: list[Result], rules: PairRules, driver: Chrome, tmp_path: Path
) -> None:
    for each in stored:
        if each.pair.id.startswith(SHOWN):
            store.write(hostile(each), tmp_path / "results")
    chosen, _ = store.read_all(tmp_path / "results")
    chosen[0] = replace(chosen[0], outcome="import-error", reason=STORED, cells={})
    answer = PublishedBisection(
        "keras", "interleaved_dense", "keras", "3.6.0", "3.7.0", STORED, [(STORED, STORED)],
        [ChangedLines(STORED, STORED, f"- {STORED}\n+ {STORED}")],
    )  # fmt: skip
    source = made_of(chosen, rules, [answer])
    case = tmp_path / f"{STORED.replace('/', '')}.py"
    case.write_text(f'"""{STORED.replace(chr(34), "")}"""\n')
    source = replace(source, cases=[*source.cases, Case(case.stem, case)])
    folder = tmp_path / "site"
    build_site(source, folder)
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > len(all_cases())
    shown = 0
    for page in pages:
        if page.parent.name == "cases" and page.stem not in ("interleaved_dense", case.stem):
            continue
        visit(driver, page)
        shown += driver.execute_script("return document.body.textContent").count("onerror")
        assert driver.execute_script("return document.images.length") == 0
        assert driver.title != "hit" and "49" not in driver.title
        assert browser.complaints(driver) == []
    assert shown > 100


@in_browser
def test_the_policy_holds(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html")
    driver.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'document.title = \"hit\"'; document.body.append(script);"
    )
    assert driver.title != "hit"
    assert "Content Security Policy" in " ".join(browser.complaints(driver))


def test_an_answer_is_kept_and_read_again(tmp_path: Path) -> None:
    answer = PublishedBisection(
        "keras", "interleaved_dense", "keras", "3.6.0", "3.7.0", "nox -s bisect",
        [("culprit", "keras")], [ChangedLines("a.py", "f", "+ x")],
    )  # fmt: skip
    path = store_bisection(answer, tmp_path)
    assert read_bisections(tmp_path) == [answer]
    path.write_text(path.read_text()[:50])
    with pytest.raises(Fault, match=path.name):
        read_bisections(tmp_path)
