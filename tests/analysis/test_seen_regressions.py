"""Regressions that are seen during a run, of recorded cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.seen_regressions import RegressionFinder, SeenRegression, neighbours
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import Result
from harness.results.signatures import Signature, signature_of
from tests import recorded

KERAS_2 = "keras-2.15.0_tensorflow-2.15.0_py3.11"
KERAS_3 = "keras-3.0.0_tensorflow-2.15.0_py3.11"
OLD, NEW = Pair.parse(KERAS_2), Pair.parse(KERAS_3)
KEY = ("interleaved_dense", "keras")


@pytest.fixture
def old() -> Result:
    return recorded.result(KERAS_2)


@pytest.fixture
def new() -> Result:
    return recorded.result(KERAS_3)


def signature(result: Result) -> Signature:
    return signature_of(result.cells[KEY])


def finder(*stored: Result) -> RegressionFinder:
    return RegressionFinder({NEW: OLD}, stored, recorded.digests())


def outdated(result: Result, **changes: Any) -> Result:
    cells = {key: replace(cell, digest="old", **changes) for key, cell in result.cells.items()}
    return replace(result, cells=cells)


def test_a_cell_that_is_worse_than_the_stored_one_of_its_baseline_is_told(
    old: Result, new: Result
) -> None:
    (seen,) = finder(old).take(NEW, KEY, signature(new))
    assert seen == SeenRegression(NEW, OLD, KEY, signature(old), signature(new))
    assert str(seen) == (
        f"regression in {KERAS_3}: interleaved_dense (keras) is load-error ValueError; "
        f"it is pass in {KERAS_2}"
    )


def test_the_baseline_may_be_run_later(old: Result, new: Result) -> None:
    either = finder()
    assert either.take(NEW, KEY, signature(new)) == []
    assert [seen.pair for seen in either.take(OLD, KEY, signature(old))] == [NEW]


def test_what_passes_as_before_or_fails_as_before_is_no_news(old: Result, new: Result) -> None:
    assert finder(old).take(NEW, KEY, signature(old)) == []
    failing = replace(new, pair=OLD)
    assert finder(failing).take(NEW, KEY, signature(new)) == []


def test_a_fix_is_no_regression(old: Result, new: Result) -> None:
    assert finder(replace(new, pair=OLD)).take(NEW, KEY, signature(old)) == []


def test_a_baseline_of_other_code_is_not_compared(old: Result, new: Result) -> None:
    assert finder(outdated(old)).take(NEW, KEY, signature(new)) == []


@pytest.mark.parametrize("was", ["load-error", "pass"])
def test_what_the_stored_result_showed_before_is_no_news(
    old: Result, new: Result, was: str
) -> None:
    seen = finder(old, outdated(new, outcome=was)).take(NEW, KEY, signature(new))
    assert [one.pair for one in seen] == ([] if was == "load-error" else [NEW])


def test_a_natural_pair_is_compared_with_the_release_before_it(rules: PairRules) -> None:
    natural = {str(pair.keras): pair for pair in rules.natural()}
    wanted = [natural[keras] for keras in ("3.12.4", "3.13.0", "3.14.0")]
    stored = [natural[keras] for keras in ("3.12.0", "3.13.0")]
    assert neighbours(wanted, stored, rules) == {
        natural["3.12.4"]: natural["3.12.0"],
        natural["3.13.0"]: natural["3.12.0"],
        natural["3.14.0"]: natural["3.13.0"],
    }


def test_any_other_pair_is_compared_with_the_natural_one_of_its_release(rules: PairRules) -> None:
    cross = Pair.parse("keras-3.6.0_tensorflow-2.21.0_py3.11")
    natural = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
    assert neighbours([cross], [natural], rules) == {cross: natural}
    assert neighbours([cross], [], rules) == {}
