"""The pages of the cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.execution.cases import Case
from harness.releases.pair_rules import PairRules
from harness.report.site.case_pages import case_pages, newest_natural_pair
from harness.report.site.content import SiteContent
from tests import recorded
from tests.report.site import sites


@pytest.fixture
def page(site: Path) -> str:
    return sites.page_text(site / "cases" / "interleaved_dense.html")


def test_the_newest_change_point_comes_first(page: str) -> None:
    fix = page.index('id="keras-3.7.0-')
    assert fix < page.index('id="keras-3.0.0-')


def test_the_bisection_of_a_change_point_is_shown(page: str) -> None:
    assert "Result of bisecting keras" in page
    assert '<span class="removed">- raise ValueError</span>' in page
    assert '<span class="added">+ raise IndexError</span>' in page


def test_what_is_proven_is_told_from_a_guess(content: SiteContent) -> None:
    def page_with(*, proven: bool) -> str:
        bisection = msgspec.structs.replace(sites.BISECTION, proven=proven)
        (case,) = (case for case in content.cases if case.name == "interleaved_dense")
        shown = replace(content, cases=[case], bisections=[bisection])
        ((_, page),) = case_pages(shown, [])
        return page

    assert "Proven to make the change:" in page_with(proven=True)
    guess = page_with(proven=False)
    assert "Suggested by the tracebacks, which proves nothing:" in guess
    assert "Proven to" not in guess


def test_the_bisection_of_another_case_is_not_shown(site: Path) -> None:
    assert "Result of bisecting" not in sites.page_text(site / "cases" / "dense_twice.html")


def test_references_and_code_of_the_docstring_are_marked_up(
    content: SiteContent, tmp_path: Path
) -> None:
    path = tmp_path / "described.py"
    path.write_text('"""See keras-team/keras#20307.\n\nIt calls ``Dense`` twice.\n"""\n')
    described = replace(content, cases=[Case("described", path)])
    ((_, page),) = case_pages(described, [])
    assert '<a href="https://github.com/keras-team/keras/issues/20307">' in page
    assert "<p>It calls <code>Dense</code> twice.</p>" in page


def test_a_case_that_cannot_be_parsed_has_a_page(content: SiteContent, tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_bytes(b"def \xff")
    ((name, page),) = case_pages(replace(content, cases=[Case("broken", path)]), [])
    assert name == "cases/broken.html" and "def \N{REPLACEMENT CHARACTER}" in page


def test_commands_name_the_newest_pair(page: str, content: SiteContent) -> None:
    newest = newest_natural_pair(content)
    assert newest == "keras-3.15.1_tensorflow-2.21.0_py3.11"
    assert f"nox -s &#39;pair({newest})&#39;" in page or f"nox -s 'pair({newest})'" in page


def test_a_case_without_results_says_so(rules: PairRules, tmp_path: Path) -> None:
    keras_3_7 = recorded.result(sites.KERAS_3_7)
    others = {key: cell for key, cell in keras_3_7.cells.items() if key[0] != "interleaved_dense"}
    site = sites.build([replace(keras_3_7, cells=others)], rules, tmp_path)
    without_results = "There are no results for this case yet"
    assert without_results in sites.page_text(site / "cases" / "interleaved_dense.html")
    assert without_results not in sites.page_text(site / "cases" / "dense_twice.html")
