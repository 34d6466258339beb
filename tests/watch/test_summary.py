from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import WHOLE_PAIR
from harness.results.signatures import Signature
from harness.util.errors import ExitCode
from harness.watch.comparison import Comparison, Difference
from harness.watch.news import WatchItem
from harness.watch.summary import (
    cells_in_words,
    counts_in_words,
    group_differences,
    other_packages_in_words,
)
from tests.watch import samples
from tests.watch.samples import KERAS_2, KERAS_3


def difference(kind: ChangeKind, case: str = "a", acknowledged: str = "") -> Difference:
    return Difference(
        (case, "h5"), kind, Signature("pass"), Signature("load-error", "ValueError"), acknowledged
    )


def test_a_summary_without_releases_says_so(rules: PairRules) -> None:
    summary = samples.summarize(rules)
    assert (summary.exit_code, summary.title) == (ExitCode.KNOWN, "No new releases")


def test_a_summary_counts_what_changed(rules: PairRules, comparison: Comparison) -> None:
    summary = samples.summarize(rules, comparison)
    assert summary.exit_code == ExitCode.WORSE
    assert summary.title == (
        "keras 3.0.0: 10 regressions, 7 newly unsupported, 6 changes, 2 now raise"
    )


def test_a_file_that_is_no_longer_refused_is_worse(rules: PairRules) -> None:
    summary = samples.summarize(rules, samples.compare_accepting(rules))
    assert (summary.exit_code, summary.title) == (ExitCode.WORSE, "keras 3.0.0: 1 regression")


def test_a_new_release_that_does_not_build_is_worse(rules: PairRules) -> None:
    summary = samples.summarize(rules, samples.compare(rules, samples.not_installable(KERAS_3)))
    assert (summary.exit_code, summary.unknown) == (ExitCode.WORSE, [])
    assert summary.title == "keras 3.0.0: not installable"


def test_a_release_without_a_comparable_baseline_is_incomplete(rules: PairRules) -> None:
    summary = samples.summarize(rules, samples.compare(rules, samples.not_installable(KERAS_2)))
    assert (summary.exit_code, summary.title) == (
        ExitCode.UNKNOWN,
        "keras 3.0.0: installable again, results incomplete",
    )


def test_something_worse_outweighs_what_is_unknown(
    rules: PairRules, comparison: Comparison
) -> None:
    summary = samples.summarize(rules, replace(comparison, unknown=("disk full",)))
    assert (summary.exit_code, summary.unknown) == (ExitCode.WORSE, ["disk full"])


def test_a_case_that_is_wrong_itself_leaves_the_answer_unknown(
    rules: PairRules, comparison: Comparison
) -> None:
    same = replace(comparison, differences=())
    summary = replace(samples.summarize(rules, same), problems=("case.py, line 1: wrong",))
    assert (summary.exit_code, summary.unknown) == (
        ExitCode.UNKNOWN,
        ["case.py, line 1: wrong"],
    )


def test_a_reason_that_several_pairs_share_is_told_once(
    rules: PairRules, comparison: Comparison
) -> None:
    offline = replace(comparison, unknown=("offline",))
    assert samples.summarize(rules, offline, offline).unknown == ["offline"]


def test_a_release_in_several_pairs_is_told_apart_in_the_title(
    rules: PairRules, item: WatchItem
) -> None:
    first = Comparison(item, cells=frozenset({("a", "h5")}))
    second = replace(first, item=replace(item, partner="with Keras 3.4.1 (frozen)"))
    assert samples.summarize(rules, first, second).title == (
        "keras 3.0.0 with the TensorFlow of its day: nothing changed; "
        "keras 3.0.0 with Keras 3.4.1 (frozen): nothing changed"
    )


@pytest.mark.parametrize(
    ("differences", "unknown", "words"),
    [
        ([], (), "nothing changed"),
        ([], ("offline",), "nothing changed, results incomplete"),
        ([difference(ChangeKind.FIX)], (), "1 fix"),
        ([difference(ChangeKind.FIX), difference(ChangeKind.FIX)], (), "2 fixes"),
        (
            [
                difference(ChangeKind.FAILING),
                difference(ChangeKind.REGRESSION, acknowledged="on purpose"),
                difference(ChangeKind.REGRESSION),
            ],
            (),
            "1 regression, 1 regression (acknowledged), 1 newly failing",
        ),
        ([difference(ChangeKind.BROKEN)], (), "not installable"),
    ],
)
def test_differences_are_counted_by_kind(
    item: WatchItem, differences: list[Difference], unknown: tuple[str, ...], words: str
) -> None:
    comparison = Comparison(item, tuple(differences), frozenset({("a", "h5")}), unknown)
    assert counts_in_words(comparison) == words


def test_cells_that_changed_alike_are_one_group(comparison: Comparison) -> None:
    groups = group_differences(comparison)
    assert sum(len(group.differences) for group in groups) == len(comparison.differences)
    assert len(groups) < len(comparison.differences)
    (group,) = (
        group
        for group in groups
        if ("interleaved_dense", "json") in [member.key for member in group.differences]
    )
    assert group.cells == "interleaved_dense (clone, json, keras)"


def test_groups_come_worst_first(item: WatchItem) -> None:
    kinds = (ChangeKind.FIX, ChangeKind.BROKEN, ChangeKind.REGRESSION, ChangeKind.CHANGE)
    differences = [difference(kind, str(kind)) for kind in kinds]
    expected = difference(ChangeKind.REGRESSION, "expected", acknowledged="on purpose")
    groups = group_differences(Comparison(item, (expected, *differences)))
    assert [group.kind for group in groups] == [
        "not installable",
        "regression",
        "regression (acknowledged)",
        "change",
        "fix",
    ]


def test_long_texts_of_a_group_are_shortened(item: WatchItem) -> None:
    long = replace(difference(ChangeKind.REGRESSION), after=Signature("crash", message="m" * 999))
    (group,) = group_differences(Comparison(item, (long,)))
    assert group.texts[0] == "pass"
    assert len(group.texts[1]) == 200 and group.texts[1].endswith("…")


def test_cells_are_listed_by_case_and_formats() -> None:
    keys = [("a", "h5"), ("a", "json"), ("b", "h5"), ("b", "json"), ("c", "h5")]
    assert cells_in_words(keys) == "a, b (h5, json); c (h5)"
    assert cells_in_words([WHOLE_PAIR]) == ""


def test_only_the_first_of_many_other_packages_are_named(item: WatchItem) -> None:
    few = Comparison(item, other_packages=("absl-py", "numpy"))
    assert other_packages_in_words(few) == "absl-py, numpy"
    many = Comparison(item, other_packages=tuple("abcdefghij"))
    assert other_packages_in_words(many) == "a, b, c, d, e, f, g, h and 2 more"


def test_the_command_runs_the_cell_again_beside_the_published_results(rules: PairRules) -> None:
    changed = replace(difference(ChangeKind.REGRESSION), key=("dense_twice", "h5"))
    command = samples.summarize(rules).reproduce(Pair.parse(KERAS_3), changed)
    assert command == (
        f"nox -s 'pair({KERAS_3})' -- --case dense_twice --format h5 --rerun --results .nox/probes"
    )


def test_a_release_that_no_clone_has_needs_the_catalogue_first(rules: PairRules) -> None:
    pair = Pair.parse("keras-3.7.0.dev2024102503_tensorflow-2.18.0_py3.11")
    summary, broken = samples.summarize(rules), difference(ChangeKind.BROKEN)
    broken = replace(broken, key=WHOLE_PAIR)
    assert summary.reproduce(pair, broken).startswith("nox -s 'pair(")
    early = replace(summary, committed=rules.catalogue.as_of(samples.end_of("2024-10-24")))
    assert early.reproduce(pair, broken).startswith("nox -s catalogue && nox -s 'pair(")


def test_the_command_for_a_wheel_takes_the_catalogue_of_the_watch(rules: PairRules) -> None:
    pair = Pair.parse("keras-3.16.0+w1a2b_tensorflow-2.21.0_py3.11")
    command = samples.summarize(rules).reproduce(pair, difference(ChangeKind.REGRESSION))
    assert command.startswith(f"nox -s 'pair({pair.id})' -- ")
    assert "--catalogue .nox/watch/catalogue-3.16.0+w1a2b.json --rerun" in command
