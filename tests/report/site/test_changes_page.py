"""The page of all change points, and the table features that every page shares."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome

from tests.browser import texts, visit
from tests.report.site.sites import in_browser

ROWS = "#changes-keras tbody tr"


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
