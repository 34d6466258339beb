"""The page of all change points, and the table features that every page shares."""

from __future__ import annotations

import re
from pathlib import Path

from selenium.webdriver import Chrome

from tests.browser import texts, visit
from tests.report.site import sites
from tests.report.site.sites import in_browser

ROWS = "#changes-keras tbody tr"


def test_the_cases_of_a_row_are_links(site: Path) -> None:
    page = (site / "changes.html").read_text()
    link = '<a href="cases/interleaved_dense.html">interleaved_dense</a>'
    assert re.search(rf"<td>{re.escape(link)}\s*\(h5, json, keras\)", page)


def test_no_space_separates_an_outcome_from_the_colon_after_it(site_with_gaps: Path) -> None:
    page = (site_with_gaps / "pairs" / f"{sites.KERAS_3_6}.html").read_text()
    assert re.search(r"import-error</span>: there is no environment", page)


@in_browser
def test_versions_and_names_of_cases_are_not_broken(site: Path, driver: Chrome) -> None:
    visit(driver, site / "changes.html")
    heights = driver.execute_script(
        "return ['td:first-child', 'td a']"
        ".flatMap((name) => [...document.querySelectorAll(`#changes-keras ${name}`)])"
        ".filter((node) => !node.textContent.includes('/'))"
        ".map((node) => node.getClientRects().length)"
    )
    assert set(heights) == {1}


@in_browser
def test_the_rows_are_filtered_by_their_text(site: Path, driver: Chrome) -> None:
    visit(driver, site / "changes.html")
    every = texts(driver, ROWS)
    visit(driver, site / "changes.html", "#keras=interleaved_dense")
    shown = texts(driver, ROWS)
    assert 0 < len(shown) < len(every)
    assert shown == [row for row in every if "interleaved_dense" in row]
    assert texts(driver, "form.rows output")[0] == f"{len(shown)} of {len(every)}"
    visit(driver, site / "changes.html", "#keras=no such text")
    assert texts(driver, ROWS) == []


@in_browser
def test_a_table_is_saved_as_it_is_shown(site: Path, driver: Chrome) -> None:
    visit(driver, site / "changes.html", "#keras=interleaved_dense")
    shown = texts(driver, ROWS)
    csv = driver.execute_script(
        "return tableAsCsv(document.getElementById('changes-keras'))"
    ).splitlines()
    assert len(csv) == len(shown) + 1
    assert csv[0].startswith('"from","to","kind"')
    assert all("interleaved_dense" in line for line in csv[1:])


@in_browser
def test_a_saved_text_is_no_formula(site: Path, driver: Chrome) -> None:
    visit(driver, site / "changes.html")
    fields = driver.execute_script("return ['=cmd()', '-1', 'a\"b'].map(csvField)")
    assert fields == ['"\'=cmd()"', '"\'-1"', '"a""b"']
