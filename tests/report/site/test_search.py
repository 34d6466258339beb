"""The search for an error on the front page, with what people paste into it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from harness.releases.pair_rules import PairRules
from tests import browser, recorded
from tests.browser import visit
from tests.report.site import sites
from tests.report.site.sites import in_browser

TRACEBACK = """Traceback (most recent call last):
  File "/home/me/train.py", line 12, in <module>
    model = keras.models.load_model("m.keras")
  File "/home/me/env/site-packages/keras/src/models/functional.py", line 682, in convert
    raise ValueError(
ValueError: Layer node index out of bounds.
inbound_layer = <Dense name=my_head, built=True>
inbound_layer._inbound_nodes = []
inbound_node_index = 3
"""


def found(driver: Chrome, site: Path, text: str) -> list[str]:
    """The results for a text, as they are shown."""
    visit(driver, site / "index.html")
    area = driver.find_element(By.NAME, "error")
    driver.execute_script("arguments[0].value = arguments[1]", area, text)
    area.submit()
    results = "#search-results > *"
    WebDriverWait(driver, 20).until(lambda _: driver.find_elements(By.CSS_SELECTOR, results))
    return [each.text for each in driver.find_elements(By.CSS_SELECTOR, results)]


@in_browser
def test_a_traceback_finds_its_cases_and_the_release_that_mends_it(
    site: Path, driver: Chrome
) -> None:
    first, *_ = found(driver, site, TRACEBACK)
    assert "load-error ValueError" in first and "the same message" in first
    assert "interleaved_dense (" in first
    assert "Loads properly from 3.7.0 on." in first
    driver.find_element(By.CSS_SELECTOR, "#search-results a").click()
    assert driver.find_element(By.TAG_NAME, "h1").text
    assert browser.new_console_messages(driver) == []


@in_browser
def test_a_cell_that_fails_again_is_not_said_to_load_from_then_on(
    rules: PairRules, driver: Chrome, tmp_path: Path
) -> None:
    newest = recorded.result(sites.NEWEST)
    key = ("interleaved_dense", "keras")
    hangs = replace(newest.cells[key], outcome="timeout")
    results = [
        recorded.result(sites.KERAS_3_6),
        recorded.result(sites.KERAS_3_7),
        replace(newest, cells={**newest.cells, key: hangs}),
    ]
    first, *_ = found(driver, sites.build(results, rules, tmp_path), TRACEBACK)
    assert "interleaved_dense (keras). Loads properly in 3.7.0." in first
    assert "interleaved_dense (json). Loads properly from 3.7.0 on." in first


@in_browser
def test_a_file_that_is_refused_does_not_load(site_of_contracts: Path, driver: Chrome) -> None:
    results = found(driver, site_of_contracts, TRACEBACK)
    (refused,) = [text for text in results if "refused" in text]
    assert f"keras 3.6.0: {recorded.CONTRACT} (" in refused
    assert "Loads properly" not in refused


@in_browser
@pytest.mark.parametrize(
    "text", ["ValueError: the zebra cannot be folded", "nothing of the kind", "</section><b>x"]
)
def test_what_no_release_has_raised_is_not_found(site: Path, driver: Chrome, text: str) -> None:
    assert found(driver, site, text) == ["No release raised a message like this in these cases."]


@in_browser
def test_an_empty_search_shows_nothing(site: Path, driver: Chrome) -> None:
    found(driver, site, TRACEBACK)
    driver.find_element(By.CSS_SELECTOR, "#search button[type=reset]").click()
    WebDriverWait(driver, 20).until(
        lambda _: not driver.find_elements(By.CSS_SELECTOR, "#search-results > *")
    )
