"""Every kind of page can be used by everybody: with a screen reader, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests import browser
from tests.browser import visit
from tests.report.site.sites import PAGES, in_browser


@in_browser
@pytest.mark.parametrize("page", [*PAGES, "index.html#format=keras&outcome=mismatch"])
def test_a_page_has_no_accessibility_violations(site: Path, driver: Chrome, page: str) -> None:
    path, _, fragment = page.partition("#")
    visit(driver, site / path, f"#{fragment}")
    assert browser.accessibility_violations(driver) == []
    assert browser.new_console_messages(driver) == []


@in_browser
def test_violations_are_found(driver: Chrome, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<!doctype html><html lang="en"><title>x</title><main><img src="x"></main>')
    visit(driver, page)
    assert any(
        violation.startswith("image-alt") for violation in browser.accessibility_violations(driver)
    )


@pytest.fixture(scope="module")
def dark_phone() -> Iterator[Chrome]:
    with browser.chromium("--force-dark-mode") as driver:
        screen = {"width": 375, "height": 800, "deviceScaleFactor": 2, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        yield driver


@in_browser
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_used_on_a_phone_in_the_dark(
    site: Path, dark_phone: Chrome, page: str
) -> None:
    visit(dark_phone, site / page)
    assert dark_phone.execute_script("return document.documentElement.scrollWidth") == 375
    assert browser.accessibility_violations(dark_phone) == []
