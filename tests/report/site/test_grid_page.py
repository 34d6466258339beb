"""The grid of Keras and TensorFlow releases."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser import texts, visit
from tests.report.site import sites
from tests.report.site.sites import in_browser


@in_browser
def test_one_cell_is_shown_with_every_pair(site: Path, driver: Chrome) -> None:
    visit(driver, site / "grid.html", "#case=interleaved_dense&format=keras")
    rows = {row.split(" ")[0]: row for row in texts(driver, "#grid tbody tr")}
    assert rows["3.6.0"].count("L load-error ValueError") == 7
    assert rows["3.7.0"].count("✓ pass") == 7 and "load-error" not in rows["3.7.0"]
    assert texts(driver, "#count") == ["interleaved_dense as keras: 1 cell per pair"]


@in_browser
def test_the_numbers_of_all_cells_come_back(site: Path, driver: Chrome) -> None:
    visit(driver, site / "grid.html")
    before = texts(driver, "#grid tbody tr")
    driver.execute_script("location.hash = '#case=interleaved_dense'")
    assert texts(driver, "#grid tbody tr") != before
    driver.execute_script("location.hash = '#case='")
    assert texts(driver, "#grid tbody tr") == before


@in_browser
def test_of_several_pythons_the_one_of_the_pair_rules_is_shown(
    site_with_gaps: Path, driver: Chrome
) -> None:
    visit(driver, site_with_gaps / "grid.html")
    boxes = driver.find_elements(By.CSS_SELECTOR, "#grid td[data-pair]")
    shown = [box.get_attribute("data-pair") for box in boxes]
    assert shown == [sites.KERAS_3_7, sites.OTHER_TENSORFLOW, sites.SAMPLED]


@in_browser
def test_cells_that_are_not_known_or_not_run_are_marked(
    site_with_gaps: Path, driver: Chrome
) -> None:
    visit(driver, site_with_gaps / "grid.html")
    boxes = texts(driver, "#grid td[data-pair]")
    half_known, known, sampled = (box.splitlines()[0] for box in boxes)
    assert half_known.endswith("?") and sampled.endswith("·")
    assert not set("?·") & set(known)
    assert any(text.startswith("· not-run") for text in texts(driver, ".legend div"))
    visit(driver, site_with_gaps / "grid.html", "#case=interleaved_dense")
    half_known, known, sampled = texts(driver, "#grid td[data-pair] .state")
    assert half_known.endswith("?") and sampled.endswith("·")
    assert not set("?·") & set(known)
    visit(driver, site_with_gaps / "grid.html", "#case=interleaved_dense&format=json")
    states = texts(driver, "#grid td[data-pair] .state")
    assert states == ["? not known", "✓ pass", "· not run"]


def test_the_legend_has_what_was_not_run_only_if_there_is_any(site: Path) -> None:
    assert "not-run" not in (site / "grid.html").read_text(encoding="utf-8")
