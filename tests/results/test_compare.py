"""Agreement of two runs, on results that real runs left."""

from __future__ import annotations

from dataclasses import replace

from harness.results import store
from harness.results.compare import compare_results
from harness.util.paths import RESULTS

RECORDED = RESULTS / "keras-3.6.0_tensorflow-2.17.0_py3.11.json"
KEY = ("interleaved_dense", "keras")


def test_a_run_agrees_with_itself() -> None:
    result = store.read(RECORDED)
    assert compare_results([result], [result]) == (len(result.cells), [])


def test_another_outcome_is_told_and_another_time_is_not() -> None:
    one = store.read(RECORDED)
    cell = one.cells[KEY]
    slower = replace(one, cells={**one.cells, KEY: replace(cell, seconds=cell.seconds + 1)})
    assert compare_results([one], [slower]).differences == []
    passing = replace(one, cells={**one.cells, KEY: replace(cell, outcome="pass", error=None)})
    (found,) = compare_results([one], [passing]).differences
    assert (found.case, found.format) == KEY
    assert (found.one.label, found.other.label) == ("load-error ValueError", "pass")


def test_cells_of_other_code_are_not_compared() -> None:
    one = store.read(RECORDED)
    cell = replace(one.cells[KEY], outcome="pass", error=None, digest="of other code")
    other = replace(one, cells={**one.cells, KEY: cell})
    assert compare_results([one], [other]).differences == []
    assert compare_results([one], [other]).cells == len(one.cells) - 1


def test_a_pair_without_an_environment_in_one_run_is_told() -> None:
    one = store.read(RECORDED)
    other = replace(one, outcome="import-error", cells={})
    (found,) = compare_results([one], [other]).differences
    assert (found.case, found.other.outcome) == ("", "import-error")
