"""The telling cases of recorded results."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from harness.analysis.change_points import change_points
from harness.analysis.frames import long_table
from harness.analysis.telling_cases import telling_cases
from harness.releases.pair import LINEAGES
from harness.releases.pair_rules import KERAS_3, PairRules
from harness.results.model import Result
from tests import recorded

NAMES = [case.name for case in recorded.cases()]


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return recorded.results()


def changed_releases(
    results: list[Result], rules: PairRules, names: list[str], since: Version
) -> set[tuple[str, str]]:
    """The releases in which one of these cases changed, of the natural pairs."""
    natural = {pair for lineage in LINEAGES for pair in rules.natural(lineage)}
    frame = long_table([one for one in results if one.pair in natural], rules.catalogue)
    return {
        (lineage, end)
        for lineage in LINEAGES
        for case, start, end in change_points(
            frame[frame["lineage"] == lineage], rules.catalogue, lineage
        )[["case", "from", "to"]].itertuples(index=False, name=None)
        if case in names and Version(start) >= since
    }


@pytest.mark.parametrize("since", [Version("0"), KERAS_3])
def test_they_changed_in_every_release_in_which_any_case_changed(
    results: list[Result], rules: PairRules, since: Version
) -> None:
    telling = telling_cases(results, rules, NAMES, since)
    assert len(telling) < len(NAMES)
    every = changed_releases(results, rules, NAMES, since)
    assert changed_releases(results, rules, telling, since) == every
    assert changed_releases(results, rules, telling[1:], since) < every


def test_the_order_of_results_makes_no_difference(results: list[Result], rules: PairRules) -> None:
    telling = telling_cases(results, rules, NAMES)
    assert telling_cases(reversed(results), rules, set(NAMES)) == telling


def with_a_copy(result: Result, *, seconds: float) -> Result:
    """The result with one more case, which behaves like the headline case and takes this long."""
    copies = {
        ("a_copy", name): replace(cell, case="a_copy", seconds=seconds)
        for (case, name), cell in result.cells.items()
        if case == "interleaved_dense"
    }
    return replace(result, cells={**result.cells, **copies})


@pytest.mark.parametrize(("seconds", "chosen"), [(0.0, "a_copy"), (9.0, "interleaved_dense")])
def test_of_two_cases_that_tell_the_same_the_faster_one_is_chosen(
    results: list[Result], rules: PairRules, seconds: float, chosen: str
) -> None:
    both = [with_a_copy(result, seconds=seconds) for result in results]
    assert telling_cases(both, rules, ["interleaved_dense", "a_copy"]) == [chosen]


def test_only_the_given_names_count_and_only_natural_pairs(
    results: list[Result], rules: PairRules
) -> None:
    assert telling_cases(results, rules, ["interleaved_dense"]) == ["interleaved_dense"]
    assert telling_cases(results, rules, ["no_such_case"]) == []
    natural = {pair for lineage in LINEAGES for pair in rules.natural(lineage)}
    others = [result for result in results if result.pair not in natural]
    assert others and telling_cases(others, rules, NAMES) == []


def test_without_results_no_case_is_telling(rules: PairRules) -> None:
    assert telling_cases([], rules, NAMES) == []


def test_code_that_made_a_result_makes_no_difference(
    results: list[Result], rules: PairRules
) -> None:
    outdated = [
        replace(
            result,
            cells={key: replace(cell, digest="old") for key, cell in result.cells.items()},
        )
        for result in results
    ]
    assert telling_cases(outdated, rules, NAMES) == telling_cases(results, rules, NAMES)
