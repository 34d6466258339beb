"""A real headless Chromium, driven through its driver."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import axe_core_python
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
AXE = Path(axe_core_python.__file__).parent / "axe.min.js"


def missing() -> str:
    """What there has to be for a test in a browser and is not; empty where nothing is missing."""
    if not any(map(shutil.which, NAMES)):
        return "needs Chromium or Chrome"
    return "" if shutil.which("chromedriver") else "needs chromedriver"


@contextmanager
def chromium(*arguments: str) -> Iterator[Chrome]:
    """A browser window of its own profile."""
    options = ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, NAMES)))
    for argument in (*ARGUMENTS, *arguments):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def violations(driver: Chrome) -> list[str]:
    """What axe finds on the page that is open, by rule."""
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = driver.execute_async_script(
        "axe.run().then(arguments[arguments.length - 1])"
    )
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


def complaints(driver: Chrome) -> list[str]:
    """What the browser has written to its console since it was asked last."""
    return [entry["message"] for entry in driver.get_log("browser")]  # type: ignore[no-untyped-call]


def visit(driver: Chrome, page: Path, fragment: str = "") -> None:
    """Open a page anew, even where only the fragment is another one."""
    driver.get("about:blank")
    driver.get(page.as_uri() + fragment)


def texts(driver: Chrome, selector: str) -> list[str]:
    """The texts of what is shown."""
    found = driver.find_elements(By.CSS_SELECTOR, selector)
    return [each.text.strip() for each in found if each.is_displayed()]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name in ("href", "src") and value}


def dead_links(site: Path) -> Iterator[tuple[str, str]]:
    """Page and address of each link that leads neither to a file of the site nor upstream."""
    for page in site.rglob("*.html"):
        links = _Links()
        links.feed(page.read_text(encoding="utf-8"))
        for address in links.found:
            path, _, _ = address.partition("#")
            leads = "//" not in path and (page.parent / unquote(path)).exists()
            if path and not leads and not path.startswith("https://github.com/"):
                yield page.name, address
