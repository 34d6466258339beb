"""The page "Can I upgrade?"."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from harness.report.site.data_script import GROUPS
from tests import recorded
from tests.browser import texts, visit
from tests.report.site import sites
from tests.report.site.sites import in_browser

KERAS_3_0 = "keras-3.0.0_tensorflow-2.15.0_py3.11"


@in_browser
def test_it_lists_what_breaks(site: Path, driver: Chrome) -> None:
    visit(
        driver, site / "upgrade.html", f"#from={sites.KERAS_2_15}&to={KERAS_3_0}"
        "&case=interleaved_dense",
    )  # fmt: skip
    rows = [row.split(" ")[:2] for row in texts(driver, "#differences tbody tr")]
    assert ["regression", "interleaved_dense"] in rows
    assert ["newly", "unsupported"] in rows


@in_browser
def test_a_pair_compared_with_itself_only_still_fails(site: Path, driver: Chrome) -> None:
    visit(driver, site / "upgrade.html", f"#from={KERAS_3_0}&to={KERAS_3_0}")
    assert {row.split(" ")[0] for row in texts(driver, "#differences tbody tr")} == {"still"}


@in_browser
def test_a_file_that_is_refused_alike_is_no_difference(
    site_of_contracts: Path, driver: Chrome
) -> None:

    def compare(before: str, after: str) -> list[str]:
        fragment = f"#from={before}&to={after}&case={recorded.CONTRACT}"
        visit(driver, site_of_contracts / "upgrade.html", fragment)
        return texts(driver, "#answer")

    assert compare(sites.KERAS_3_6, sites.KERAS_3_6) == ["Of 2 cells: no differences."]
    assert compare(sites.NEWEST, sites.NEWEST) == ["Of 2 cells: 1 still failing."]
    assert compare(sites.KERAS_3_7, sites.NEWEST) == ["Of 2 cells: 1 regression, 1 fix."]
    rows = [row.split(" ")[0] for row in texts(driver, "#differences tbody tr")]
    assert rows == ["regression", "fix"]


@in_browser
@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (f"to={sites.KERAS_3_7}", "not known with the second pair"),
        (f"to={sites.SAMPLED}", "not run with the second pair"),
        (f"to={sites.KERAS_3_6}", "a pair has no environment"),
        (f"to={sites.KERAS_3_7}&case=interleavd", "No cells match."),
        ("to=no-such-pair", "Choose two pairs."),
    ],
)
def test_it_says_what_it_cannot_compare(
    site_with_gaps: Path, driver: Chrome, query: str, answer: str
) -> None:
    visit(driver, site_with_gaps / "upgrade.html", f"#from={sites.KERAS_2_15}&{query}")
    assert texts(driver, "#answer")[0].endswith(answer + ("." if answer[-1] != "." else ""))


@in_browser
def test_a_pair_without_an_environment_is_one_difference(
    site_with_gaps: Path, driver: Chrome
) -> None:
    fragment = f"#from={sites.KERAS_2_15}&to={sites.KERAS_3_6}"
    visit(driver, site_with_gaps / "upgrade.html", fragment)
    assert texts(driver, "#differences tbody tr") == [
        "not installable every case ✓ runs ✗ import-error No module named 'x'"
    ]


@in_browser
def test_the_pairs_are_offered_in_groups(site_with_gaps: Path, driver: Chrome) -> None:
    visit(driver, site_with_gaps / "upgrade.html")

    def options(group: str) -> list[str]:
        label = GROUPS[group]
        return texts(driver, f"select[name=from] optgroup[label='{label}'] option")

    assert len(options("pre-release")) == 1
    (variant,) = options("variant")
    assert variant.endswith("with numpy==1.26.4")
    assert len(options("other")) == 3 and len(options("keras")) == 4
