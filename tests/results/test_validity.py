"""Which recorded results are valid for given code."""

from __future__ import annotations

from dataclasses import replace

from harness.results.model import NO_INTERPRETER, SCRIPT, Result
from harness.results.validity import CodeDigests, without_outdated
from tests import recorded

PAIR_ID = "keras-3.6.0_tensorflow-2.17.0_py3.11"


def test_results_of_the_present_code_are_kept_whole() -> None:
    results = recorded.results()
    assert without_outdated(results, recorded.digests()) == (results, 0)


def test_cells_of_changed_and_removed_cases_are_left_out() -> None:
    result, digests = recorded.result(PAIR_ID), recorded.digests()
    changed, removed, *others = sorted(digests.cases)
    cases = {**digests.cases, changed: "of other code"}
    del cases[removed]
    (kept,), dropped = without_outdated([result], CodeDigests(cases, digests.pair))
    assert {case for case, _ in kept.cells} == set(others)
    assert dropped == len(result.cells) - len(kept.cells) > 0


def test_a_result_of_only_outdated_cells_is_left_out() -> None:
    result = recorded.result(PAIR_ID)
    assert without_outdated([result], CodeDigests({}, "")) == ([], len(result.cells))


def test_the_outcome_of_a_pair_that_other_rules_found_is_left_out() -> None:
    digests = recorded.digests()
    absent = Result(recorded.result(PAIR_ID).pair, outcome="unresolvable", digest=digests.pair)
    outdated = replace(absent, digest="of other rules")
    assert without_outdated([absent, outdated], digests) == ([absent], 1)
    assert digests.confirms_outcome(absent)
    assert not digests.confirms_outcome(outdated)


def test_a_missing_interpreter_is_never_confirmed() -> None:
    digests = recorded.digests()
    pair = recorded.result(PAIR_ID).pair
    missing = Result(pair, outcome=NO_INTERPRETER, digest="of other rules")
    assert not digests.confirms_outcome(missing)
    assert not digests.confirms_outcome(replace(missing, digest=digests.pair))
    assert without_outdated([missing], digests) == ([missing], 0)


def test_a_cell_is_replaced_only_where_its_case_exists_and_has_changed() -> None:
    digests = recorded.digests()
    cell = recorded.result(PAIR_ID).cells["interleaved_dense", "keras"]
    assert not digests.has_replaced(cell)
    assert digests.has_replaced(replace(cell, digest="old"))
    assert not digests.has_replaced(replace(cell, case="no_such_case"))
    assert not digests.has_replaced(replace(cell, format=SCRIPT, digest="of a script"))
