"""The pages of the pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from harness.releases.pair_rules import PairRules
from harness.report.site.pair_pages import pair_pages
from harness.results.model import ExceptionRecord
from tests import recorded
from tests.browser import visit
from tests.report.site import sites
from tests.report.site.sites import in_browser


@in_browser
def test_a_number_in_the_table_leads_to_the_traceback(site: Path, driver: Chrome) -> None:
    visit(driver, site / "pairs" / f"{sites.KERAS_3_6}.html")
    rows = driver.find_elements(By.CSS_SELECTOR, "#cells tbody tr")
    row = next(row for row in rows if row.text.startswith("interleaved_dense"))
    link = row.find_element(By.CSS_SELECTOR, "td.load-error a")
    failure = driver.find_element(By.ID, str(link.get_attribute("href")).partition("#")[2])
    assert "Layer node index out of bounds" in failure.text
    assert "deserialize_node" not in failure.text
    failure.find_element(By.TAG_NAME, "summary").click()
    assert "deserialize_node" in failure.text or "convert_revived_tensor" in failure.text


def test_the_exception_of_another_run_of_a_flaky_cell_is_shown(rules: PairRules) -> None:
    result = recorded.result(sites.KERAS_3_7)
    key = ("interleaved_dense", "keras")
    error: ExceptionRecord = {"type": "Crash", "message": "died once", "frames": []}
    result.cells[key] = replace(result.cells[key], flaky=error)
    ((_, page),) = pair_pages(sites.content_of([result], rules))
    assert "Crash in another run" in page and "Crash: died once" in page
    assert ">flaky</a>" in page


def test_cells_that_have_not_been_run_are_counted(site_with_gaps: Path, site: Path) -> None:
    name = f"{sites.KERAS_3_7}.html"
    assert "63 cells have not been run" in sites.page_text(site_with_gaps / "pairs" / name)
    assert "have not been run" not in sites.page_text(site / "pairs" / name)


def test_cells_that_need_not_be_run_are_counted(site_with_gaps: Path) -> None:
    page = sites.page_text(site_with_gaps / "pairs" / f"{sites.SAMPLED}.html")
    assert "63 cells were not run: this is not the natural pair" in page
    assert "have not been run" not in page


def test_a_pair_without_an_environment_says_why(site_with_gaps: Path) -> None:
    page = sites.page_text(site_with_gaps / "pairs" / f"{sites.KERAS_3_6}.html")
    assert "there is no environment in which the cells could be run" in page
    assert "No module named &#39;x&#39;" in page
