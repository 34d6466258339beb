"""Measure the site of the stored history and of a history ten times as large.

Prints how long the site takes to make, the compressed size of its first page, and how soon the page
responds. The larger history holds every case under ten names. Needs Chromium and its driver.

    python benchmarks/site_growth.py
"""

from __future__ import annotations

import gc
import gzip
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.synthetic import repeated
from harness.analysis.bisections import read_bisections
from harness.analysis.views import make_tables
from harness.cli.main import GC_THRESHOLD
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.content import SiteContent
from tests.browser import chromium

TIMES = 10


def main() -> None:
    """Measure both sites and print the figures."""
    gc.set_threshold(GC_THRESHOLD)
    rules = PairRules(Catalogue.load())
    with tempfile.TemporaryDirectory() as folder:
        for times in (1, TIMES):
            started = time.perf_counter()
            stored, cases = repeated(times)
            content = SiteContent(
                make_tables(stored, rules), stored, cases, rules, read_bisections()
            )
            page = build_site(content, Path(folder) / f"site-{times}")
            seconds = time.perf_counter() - started
            first_page = [page, page.parent / "data.js", *(page.parent / "assets").iterdir()]
            size = sum(len(gzip.compress(path.read_bytes())) for path in first_page)
            print(f"{times:2} times: {len(content.tables.long):7} cells, made in {seconds:5.1f} s")
            print(
                f"  first page {size / 1000:.0f} kB compressed, interactive after "
                f"{interactive(page):.2f} s, filtered in {filtered(page):.2f} s"
            )


def interactive(page: Path) -> float:
    """Return the seconds from the request until the scripts of the page have run."""
    with chromium() as driver:
        driver.get(page.as_uri())
        milliseconds: float = driver.execute_script(
            "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
        )
    return milliseconds / 1000


def filtered(page: Path) -> float:
    """Return the seconds that a filter by message takes, including the layout of the page."""
    with chromium() as driver:
        driver.get(page.as_uri())
        milliseconds: float = driver.execute_script(
            "const field = document.querySelector('[name=message]'); field.value = 'node index';"
            "const started = performance.now();"
            "field.dispatchEvent(new Event('input', {bubbles: true})); document.body.offsetHeight;"
            "return performance.now() - started"
        )
    return milliseconds / 1000


if __name__ == "__main__":
    main()
