"""The front page: the history, its filters, and what the address keeps of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from harness.releases.pair_rules import PairRules
from harness.results.messages import RULES, normalise
from tests import browser, recorded
from tests.browser import texts, visit
from tests.report.site import sites
from tests.report.site.sites import in_browser

SHOWN_CASES = "#table-keras tr.case th a"
SHOWN_RELEASES = "#table-keras thead th a"


def format_rows(case: str) -> str:
    return f"#table-keras tbody[data-case={case}] tr.format"


@in_browser
def test_it_shows_the_history_and_filters_it(site: Path, driver: Chrome) -> None:
    cases = len(recorded.cases())
    visit(driver, site / "index.html")
    assert texts(driver, "#count") == [f"{cases} of {cases} cases"]
    row = driver.find_element(By.CSS_SELECTOR, '#table-keras tbody[data-case="interleaved_dense"]')
    assert not row.find_element(By.CSS_SELECTOR, "tr.format").is_displayed()
    row.find_element(By.CSS_SELECTOR, "button.open").click()
    assert "L load-error ValueError" in row.find_element(By.CSS_SELECTOR, "tr.format").text

    Select(driver.find_element(By.NAME, "format")).select_by_visible_text("keras")
    driver.find_element(By.NAME, "message").send_keys("node index out of bounds")
    Select(driver.find_element(By.NAME, "from")).select_by_visible_text("3.5.0")
    shown = texts(driver, SHOWN_CASES)
    assert "interleaved_dense" in shown and "dense_twice" not in shown
    assert texts(driver, SHOWN_RELEASES)[0] == "3.5.0"
    address = driver.current_url
    visit(driver, site / "index.html", "#" + address.partition("#")[2])
    assert texts(driver, SHOWN_CASES) == shown
    driver.find_element(By.LINK_TEXT, "interleaved_dense").click()
    assert driver.find_element(By.TAG_NAME, "h1").text == "interleaved_dense"
    assert browser.new_console_messages(driver) == []


@in_browser
@pytest.mark.parametrize(
    ("fragment", "shown"),
    [
        ("case=interleaved", ["interleaved_dense"]),
        ("case=no_such_case", []),
        ("outcome=save-error", ["normalization_twice", "siamese_pair"]),
        ("message=no such message", []),
        ("outcome=save-error&from=3.0.0", []),
        ("message=node index out of bounds&to=2.15.0", []),
    ],
)
def test_a_filter_leaves_only_the_cases_that_match(
    site: Path, driver: Chrome, fragment: str, shown: list[str]
) -> None:
    visit(driver, site / "index.html", f"#{fragment}")
    assert texts(driver, SHOWN_CASES) == shown
    assert texts(driver, "#count") == [f"{len(shown)} of {len(recorded.cases())} cases"]


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
    shown = texts(driver, SHOWN_CASES)
    assert case in shown and len(shown) < len(recorded.cases())


@in_browser
def test_every_message_of_the_history_is_found(site: Path, driver: Chrome) -> None:
    """The scripts normalise a message as signatures do, each to that of its own signature."""
    cells = pd.read_parquet(site / "data" / "cells.parquet")
    messages = sorted(set(cells.loc[cells["natural"] & (cells["message"] != ""), "message"]))
    visit(driver, site / "index.html")
    not_found = driver.execute_script(
        "const known = new Set(KERAS_BISECT.signatures.map(([, , message]) => message));"
        "return arguments[0].filter((message) => !known.has(normaliseMessage(message))"
        "  && normaliseMessage(message) !== 'timeout')",
        messages,
    )
    assert len(messages) > 50 and not_found == []
    known_nowhere = driver.execute_script(
        "return KERAS_BISECT.signatures.some(([, , message]) => message === 'no such message')"
    )
    assert not known_nowhere


@in_browser
def test_the_scripts_apply_every_rule_as_python_does(site: Path, driver: Chrome) -> None:
    examples = [message for rule in RULES for message in (*rule.equal, *rule.apart)]
    visit(driver, site / "index.html")
    normalised = driver.execute_script("return arguments[0].map(normaliseMessage)", examples)
    assert normalised == [normalise(message) for message in examples]


@in_browser
def test_the_open_cases_are_in_the_address(site: Path, driver: Chrome) -> None:
    visit(driver, site / "index.html", "#open=dense_twice")
    assert texts(driver, format_rows("dense_twice"))
    assert not texts(driver, format_rows("siamese_pair"))
    driver.find_element(By.ID, "open-all").click()
    assert "open=*" in driver.current_url.replace("%2A", "*")
    assert texts(driver, format_rows("siamese_pair"))
    driver.execute_script("location.hash = 'main'")
    assert texts(driver, format_rows("dense_twice"))


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
    assert "No releases" in texts(driver, "#count")[0]


@in_browser
def test_another_address_replaces_the_filters_of_the_one_before(
    site_with_gaps: Path, driver: Chrome
) -> None:
    visit(driver, site_with_gaps / "index.html", "#case=interleaved_dense&from=3.6.0")
    filtered_count = texts(driver, "#count")
    driver.execute_script("location.hash = '#format=keras'")
    assert driver.find_element(By.NAME, "case").get_attribute("value") == ""
    assert texts(driver, "#count") != filtered_count


@in_browser
def test_cells_and_environments_that_are_missing_are_shown(
    site_with_gaps: Path, driver: Chrome
) -> None:
    visit(driver, site_with_gaps / "index.html")
    blocks = "#table-keras tbody[data-case=interleaved_dense] tr.case td"
    titles = [
        str(block.get_attribute("title")) for block in driver.find_elements(By.CSS_SELECTOR, blocks)
    ]
    assert [title for title in titles if title.startswith("3.6.0")] == ["3.6.0: import-error"]
    assert any("not known" in title for title in titles if title.startswith("3.7.0"))
    legend = texts(driver, "dl.legend dt")
    assert "✗ import-error" in legend and "! crash" not in legend
    Select(driver.find_element(By.NAME, "from")).select_by_visible_text("3.6.0")
    assert texts(driver, SHOWN_RELEASES) == ["3.6.0", "3.7.0"]


def test_cells_that_are_not_known_are_counted(site_with_gaps: Path) -> None:
    page = sites.page_text(site_with_gaps / "index.html")
    assert "</span> 63 not known</span>" in page


def test_the_newest_release_has_the_files_to_refuse_apart(site_of_contracts: Path) -> None:
    page = sites.page_text(site_of_contracts / "index.html")
    card = page.partition('<section class="card"')[2].partition("</section>")[0]
    counts = card.partition("Files to refuse:")[2].partition("</p>")[0]
    assert "1 refused" in counts and "1 accepted" in counts
    failing = card.partition("Files that it should refuse, but does not:")[2]
    assert f">{recorded.CONTRACT}</a> (json):" in failing and "(keras)" not in failing


@in_browser
def test_contract_cases_come_last_under_a_heading(site_of_contracts: Path, driver: Chrome) -> None:
    heading = "#table-keras tbody.group"
    visit(driver, site_of_contracts / "index.html")
    assert texts(driver, heading) == ["files that a release should refuse"]
    assert texts(driver, SHOWN_CASES)[-1] == recorded.CONTRACT
    assert texts(driver, f"{heading} ~ tbody tr.case th a") == [recorded.CONTRACT]
    table = driver.execute_script("return tableAsCsv(document.getElementById('table-keras'))")
    assert "should refuse" not in table and recorded.CONTRACT in table
    driver.execute_script("location.hash = '#outcome=mismatch'")
    assert texts(driver, SHOWN_CASES) and not texts(driver, heading)
    driver.execute_script("location.hash = '#outcome=accepted'")
    assert texts(driver, SHOWN_CASES) == [recorded.CONTRACT] and texts(driver, heading)
    assert browser.accessibility_violations(driver) == []
    assert browser.new_console_messages(driver) == []


def test_a_case_that_is_half_known_at_first_has_one_row(rules: PairRules, tmp_path: Path) -> None:
    keras_3_6 = recorded.result(sites.KERAS_3_6)
    half = {key: cell for key, cell in keras_3_6.cells.items() if key[1] == "keras"}
    results = [replace(keras_3_6, cells=half), recorded.result(sites.KERAS_3_7)]
    page = sites.page_text(sites.build(results, rules, tmp_path) / "index.html")
    assert page.count('data-case="interleaved_dense"') == 1


def test_a_case_without_results_is_named(rules: PairRules, tmp_path: Path) -> None:
    keras_3_7 = recorded.result(sites.KERAS_3_7)
    others = {key: cell for key, cell in keras_3_7.cells.items() if key[0] != "interleaved_dense"}
    site = sites.build([replace(keras_3_7, cells=others)], rules, tmp_path)
    expected = 'There are no results yet for <a href="cases/interleaved_dense.html">'
    assert expected in sites.page_text(site / "index.html")
    assert "</span> 8 not known</span>" in sites.page_text(site / "index.html")
    assert json.loads((site / "badge.json").read_text())["message"].endswith(", 8 not known")
