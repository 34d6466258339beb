"""The comparison of two runs, on recorded results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.results.compare import compare_results
from harness.results.model import Result
from tests import recorded

KEY = ("interleaved_dense", "keras")


@pytest.fixture
def result() -> Result:
    return recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")


def with_cell(result: Result, **changes: Any) -> Result:
    return replace(result, cells={**result.cells, KEY: replace(result.cells[KEY], **changes)})


def test_a_run_agrees_with_itself(result: Result) -> None:
    assert compare_results([result], [result]) == (len(result.cells), [])


def test_another_time_is_no_difference(result: Result) -> None:
    slower = with_cell(result, seconds=result.cells[KEY].seconds + 1)
    assert compare_results([result], [slower]).differences == []


def test_another_outcome_is_a_difference(result: Result) -> None:
    passing = with_cell(result, outcome="pass", error=None)
    (difference,) = compare_results([result], [passing]).differences
    assert (difference.case, difference.format) == KEY
    assert (difference.one.label, difference.other.label) == ("load-error ValueError", "pass")
    assert str(difference) == f"{result.pair.id} {' '.join(KEY)}: load-error ValueError / pass"


def test_cells_of_other_code_are_compared_only_on_request(result: Result) -> None:
    other = with_cell(result, outcome="pass", error=None, digest="of other code")
    assert compare_results([result], [other]) == (len(result.cells) - 1, [])
    comparison = compare_results([result], [other], any_code=True)
    assert comparison.cells == len(result.cells)
    assert [(found.case, found.format) for found in comparison.differences] == [KEY]


def test_a_pair_without_an_environment_in_one_run_is_a_difference(result: Result) -> None:
    other = replace(result, outcome="import-error", cells={})
    (difference,) = compare_results([result], [other]).differences
    assert (difference.case, difference.other.outcome) == ("", "import-error")


def test_pairs_that_only_one_run_knows_are_not_compared(result: Result) -> None:
    other = recorded.result("keras-3.7.0_tensorflow-2.18.0_py3.11")
    assert compare_results([result], [other]) == (0, [])
