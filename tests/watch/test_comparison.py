from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.releases.pair_rules import PairRules
from harness.results.model import WHOLE_PAIR
from harness.results.signatures import Signature
from harness.watch.comparison import NO_PAIR, Comparison, Difference, compare_with_baseline
from harness.watch.news import WatchItem
from tests import recorded
from tests.watch import samples
from tests.watch.samples import KERAS_2, KERAS_3


def kinds(comparison: Comparison) -> list[ChangeKind]:
    return [difference.kind for difference in comparison.differences]


def test_cells_that_behave_differently_are_differences(comparison: Comparison) -> None:
    kind_of_cell = {difference.key: difference.kind for difference in comparison.differences}
    assert kind_of_cell["interleaved_dense", "json"] is ChangeKind.REGRESSION
    assert kind_of_cell["contract_node_past_end", "json"] is ChangeKind.RAISES
    assert kind_of_cell["dense_twice", "savedmodel"] is ChangeKind.UNSUPPORTED
    assert ("dense_twice", "keras") not in kind_of_cell
    assert len(comparison.cells) == 72 and comparison.unknown == ()
    assert "keras" not in comparison.other_packages
    assert comparison.overridden  # tensorflow 2.15.0 asks for keras<2.16


def test_a_file_that_is_refused_at_last_is_a_fix(rules: PairRules) -> None:
    comparison = samples.compare(rules, recorded.refusing(KERAS_3))
    kind_of_cell = {difference.key: difference.kind for difference in comparison.differences}
    assert kind_of_cell[recorded.CONTRACT, "json"] is ChangeKind.FIX


def test_a_release_that_behaves_the_same_has_no_differences(rules: PairRules) -> None:
    old = recorded.result(KERAS_2)
    same = samples.compare(rules, replace(recorded.result(KERAS_3), cells=old.cells))
    assert same.differences == () and len(same.cells) == 72


@pytest.mark.parametrize(
    ("kind", "before", "acknowledged", "is_worse"),
    [
        (ChangeKind.REGRESSION, "pass", "", True),
        (ChangeKind.REGRESSION, "load-error", "", True),
        (ChangeKind.REGRESSION, "pass", "on purpose", False),
        (ChangeKind.UNSUPPORTED, "pass", "", True),
        (ChangeKind.UNSUPPORTED, "refused", "", True),
        (ChangeKind.UNSUPPORTED, "load-error", "", False),
        (ChangeKind.BROKEN, "runs", "", True),
        (ChangeKind.BROKEN, "install-error", "", False),
        (ChangeKind.CHANGE, "load-error", "", False),
        (ChangeKind.FIX, "mismatch", "", False),
    ],
)
def test_worse_is_what_worked_and_is_not_acknowledged(
    kind: ChangeKind, before: str, acknowledged: str, is_worse: bool
) -> None:
    difference = Difference(
        ("a", "h5"), kind, Signature(before), Signature("timeout"), acknowledged
    )
    assert difference.is_worse is is_worse


def test_the_texts_of_a_difference_say_what_is_raised() -> None:
    after = Signature("load-error", "ValueError", "no such node")
    difference = Difference(("a", "h5"), ChangeKind.REGRESSION, Signature("pass"), after)
    assert difference.texts == ("pass", "load-error ValueError: no such node")


def test_the_texts_of_a_difference_differ_where_only_the_place_does() -> None:
    before = Signature("load-error", "ValueError", "no", "keras.models", "load")
    difference = Difference(
        ("a", "h5"), ChangeKind.CHANGE, before, replace(before, function="save")
    )
    assert difference.texts == (
        "load-error ValueError in keras.models.load",
        "load-error ValueError in keras.models.save",
    )


def test_a_release_without_a_pair_is_not_installable(rules: PairRules) -> None:
    (item,) = samples.news_between(rules, "2016-11-25", "2016-11-26").items
    comparison = compare_with_baseline(item, {}, samples.request(), {})
    (difference,) = comparison.differences
    assert (difference.key, difference.kind) == (WHOLE_PAIR, ChangeKind.BROKEN)
    assert difference.is_worse and NO_PAIR in difference.texts[1]


def test_a_release_without_a_baseline_stays_unknown(item: WatchItem) -> None:
    first = replace(item, baseline=None)
    comparison = compare_with_baseline(first, samples.results(), samples.request(), {})
    assert comparison.differences == ()
    assert comparison.unknown == ("keras 3.0.0: there is no earlier release to compare it with",)


def test_a_new_pair_that_does_not_build_is_not_installable(rules: PairRules) -> None:
    comparison = samples.compare(rules, samples.not_installable(KERAS_3))
    assert kinds(comparison) == [ChangeKind.BROKEN]
    assert comparison.differences[0].texts == ("runs", "install-error: it does not build")
    assert comparison.unknown == ()


def test_a_baseline_that_does_not_build_leaves_nothing_to_compare_with(rules: PairRules) -> None:
    comparison = samples.compare(rules, samples.not_installable(KERAS_2))
    assert kinds(comparison) == [ChangeKind.INSTALLABLE]
    assert comparison.unknown == (f"{KERAS_2} has no cells to compare with: install-error",)


def test_two_pairs_that_do_not_build_leave_everything_unknown(rules: PairRules) -> None:
    comparison = samples.compare(
        rules, samples.not_installable(KERAS_2), samples.not_installable(KERAS_3)
    )
    assert not any(difference.is_worse for difference in comparison.differences)
    assert comparison.unknown == (f"{KERAS_2} has no cells to compare with: install-error",)


def test_a_missing_interpreter_is_no_difference(rules: PairRules) -> None:
    missing = samples.without_cells(KERAS_3, outcome="no-interpreter", reason="no CPython 3.11")
    comparison = samples.compare(rules, missing)
    assert comparison.differences == ()
    assert comparison.unknown == (f"{KERAS_3}: 72 cells are unknown: no CPython 3.11",)


def test_a_missing_interpreter_of_the_baseline_is_the_reason_why_nothing_is_known(
    rules: PairRules,
) -> None:
    missing = samples.without_cells(KERAS_2, outcome="no-interpreter", reason="no CPython 3.11")
    comparison = samples.compare(rules, missing)
    assert comparison.differences == ()
    assert comparison.unknown == (f"{KERAS_2}: 72 cells are unknown: no CPython 3.11",)


def test_a_new_pair_that_was_not_run_is_not_installable_again(rules: PairRules) -> None:
    comparison = samples.compare(
        rules, samples.not_installable(KERAS_2), samples.without_cells(KERAS_3)
    )
    assert comparison.differences == ()
    assert comparison.unknown == (f"{KERAS_3}: 72 cells are unknown: its session gave no reason",)


def test_cells_that_a_session_left_out_are_unknown_with_its_reason(item: WatchItem) -> None:
    new = recorded.result(KERAS_3)
    half = replace(new, cells={key: new.cells[key] for key in new.cells if key[1] != "h5"})
    comparison = compare_with_baseline(
        item, samples.results(half), samples.request(), {half.pair: "disk full"}
    )
    assert comparison.unknown == (f"{KERAS_3}: 9 cells are unknown: disk full",)
    assert len(comparison.cells) == 63
    assert not any(format_name == "h5" for _, format_name in comparison.cells)
    assert ChangeKind.REGRESSION in kinds(comparison)


def test_one_unknown_cell_is_told_in_the_singular(item: WatchItem) -> None:
    new = recorded.result(KERAS_3)
    cells = {key: cell for key, cell in new.cells.items() if key != ("dense_twice", "h5")}
    comparison = compare_with_baseline(
        item, samples.results(replace(new, cells=cells)), samples.request(), {}
    )
    assert comparison.unknown == (f"{KERAS_3}: 1 cell is unknown: its session gave no reason",)


def test_a_pair_without_any_cells_is_unknown(item: WatchItem) -> None:
    nothing = samples.without_cells(KERAS_3)
    comparison = compare_with_baseline(
        item, samples.results(nothing), samples.request(), {nothing.pair: "offline"}
    )
    assert comparison.differences == ()
    assert comparison.unknown == (f"{KERAS_3}: 72 cells are unknown: offline",)


def test_known_cells_count_as_known_when_they_are_run_again(item: WatchItem) -> None:
    request = replace(samples.request(), rerun=True)
    comparison = compare_with_baseline(item, samples.results(), request, {})
    assert len(comparison.cells) == 72 and comparison.unknown == ()


def test_a_pair_that_metadata_forbids_unlike_its_baseline_is_overridden(rules: PairRules) -> None:
    new, old = recorded.result(KERAS_3), recorded.result(KERAS_2)
    for result in (new, old):
        result.environment["overridden"] = False
    assert not samples.compare(rules, new, old).overridden
    new.environment["overridden"] = True
    assert samples.compare(rules, new, old).overridden
    old.environment["overridden"] = True
    assert not samples.compare(rules, new, old).overridden
