"""The sites and the browser that the tests of the pages share; no test may change a site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.content import SiteContent
from tests import browser, recorded
from tests.report.site import sites


@pytest.fixture(scope="session")
def content(rules: PairRules) -> SiteContent:
    """The content of the site of all recorded results."""
    return sites.content_of(recorded.results(), rules, [sites.BISECTION])


@pytest.fixture(scope="session")
def site(content: SiteContent, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of all recorded results."""
    return build_site(content, tmp_path_factory.mktemp("complete") / "site").parent


@pytest.fixture(scope="session")
def site_with_gaps(rules: PairRules, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site in which 3.6.0 has no environment, 3.7.0 is half known, and five pairs are others."""
    other = recorded.result(sites.OTHER_TENSORFLOW)
    keras_2_15 = recorded.result(sites.KERAS_2_15)
    keras_3_7 = recorded.result(sites.KERAS_3_7)
    half = {key: cell for key, cell in keras_3_7.cells.items() if key[1] == "keras"}
    results = [
        keras_2_15,
        recorded.result("keras-3.0.5_tensorflow-2.15.0.post1_py3.11"),
        replace(
            recorded.result(sites.KERAS_3_6),
            outcome="import-error",
            reason="No module named 'x'",
            cells={},
        ),
        replace(keras_3_7, cells=half),
        other,
        replace(other, pair=Pair.parse(sites.SAMPLED), cells=half),
        replace(other, pair=Pair.parse(sites.OTHER_PYTHON), cells=half),
        replace(other, pair=Pair.parse(sites.VARIANT)),
        replace(keras_2_15, pair=Pair.parse(sites.CANDIDATE)),
    ]
    results.sort(key=lambda result: result.pair)
    return sites.build(results, rules, tmp_path_factory.mktemp("gaps"))


@pytest.fixture(scope="session")
def content_of_contracts(rules: PairRules) -> SiteContent:
    """The content of a site in which 3.6.0 refuses two files and 3.15.1 accepts one of them."""
    results = [
        recorded.refusing(sites.KERAS_3_6),
        recorded.refusing(sites.KERAS_3_7),
        recorded.refusing(sites.NEWEST, json="accepted"),
    ]
    return sites.content_of(results, rules)


@pytest.fixture(scope="session")
def site_of_contracts(
    content_of_contracts: SiteContent, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The site of these results."""
    folder = tmp_path_factory.mktemp("contracts") / "site"
    return build_site(content_of_contracts, folder).parent


@pytest.fixture(scope="session")
def shared_browser() -> Iterator[Chrome]:
    with browser.chromium("--window-size=1400,1000") as driver:
        yield driver


@pytest.fixture
def driver(shared_browser: Chrome) -> Chrome:
    """The shared browser, without the console messages of earlier tests."""
    browser.new_console_messages(shared_browser)
    return shared_browser
