"""A headless Chromium for the tests of the site, driven through Selenium."""

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

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
AXE_SCRIPT = Path(axe_core_python.__file__).parent / "axe.min.js"


def missing() -> str:
    """What is missing to run tests in a browser; empty if nothing is."""
    if not any(map(shutil.which, BROWSERS)):
        return "needs Chromium or Chrome"
    return "" if shutil.which("chromedriver") else "needs chromedriver"


@contextmanager
def chromium(*arguments: str) -> Iterator[Chrome]:
    """A browser window with a profile of its own."""
    options = ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    for argument in (*ARGUMENTS, *arguments):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def accessibility_violations(driver: Chrome) -> list[str]:
    """The violations that axe finds on the open page: the rule, and the element at fault."""
    driver.execute_script(AXE_SCRIPT.read_text(encoding="utf-8"))
    report: dict[str, Any] = driver.execute_async_script(
        "axe.run().then(arguments[arguments.length - 1])"
    )
    return [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in report["violations"]
        for node in violation["nodes"][:3]
    ]


def new_console_messages(driver: Chrome) -> list[str]:
    """What the browser has written to its console since the last call."""
    return [entry["message"] for entry in driver.get_log("browser")]  # type: ignore[no-untyped-call]


def visit(driver: Chrome, page: Path, fragment: str = "") -> None:
    """Load a page afresh, even if only the fragment differs from that of the open page."""
    driver.get("about:blank")
    driver.get(page.as_uri() + fragment)


def texts(driver: Chrome, selector: str) -> list[str]:
    """The texts of the elements that are visible."""
    elements = driver.find_elements(By.CSS_SELECTOR, selector)
    return [element.text.strip() for element in elements if element.is_displayed()]


class _LinkParser(HTMLParser):
    """Collects the targets of links and the sources of scripts and images."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets |= {value for name, value in attrs if name in ("href", "src") and value}


def dead_links(site: Path) -> Iterator[tuple[str, str]]:
    """Page and target of each link that leads neither to a file of the site nor to GitHub."""
    for page in site.rglob("*.html"):
        parser = _LinkParser()
        parser.feed(page.read_text(encoding="utf-8"))
        for target in parser.targets:
            path, _, _ = target.partition("#")
            is_file = "//" not in path and (page.parent / unquote(path)).exists()
            if path and not is_file and not path.startswith("https://github.com/"):
                yield page.name, target
