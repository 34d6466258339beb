from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.analysis.change_kinds import ChangeKind
from harness.bisect.observation import Observation
from harness.bisect.oracles.oracle import Oracle
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault
from harness.watch import bisecting
from harness.watch.bisecting import MOST_BISECTED, Bisector, WatchCommand, bisect_regressions
from harness.watch.comparison import Comparison
from harness.watch.summary import DifferenceGroup, group_differences
from tests.bisect.observations import WithoutTransplants
from tests.watch import samples

UNTIL = datetime(2023, 11, 28)


def group_of(comparison: Comparison, case: str) -> DifferenceGroup:
    return next(group for group in group_differences(comparison) if group.first.key[0] == case)


def test_the_command_asks_for_the_first_cell_of_a_group(comparison: Comparison) -> None:
    group = group_of(comparison, "interleaved_dense")
    assert WatchCommand(None, UNTIL, False, ()).for_group(group) == (
        "nox -s watch -- --until=2023-11-28 --bisect --case=interleaved_dense --format=clone"
    )


def test_the_command_repeats_the_options_of_the_watch(comparison: Comparison) -> None:
    group = group_of(comparison, "interleaved_dense")
    command = WatchCommand(datetime(2023, 11, 27), UNTIL, True, ("3.4.1", ">=3.5"))
    assert command.for_group(group) == (
        "nox -s watch -- --since=2023-11-27 --until=2023-11-28 --bisect --nightly --frozen=3.4.1 "
        "'--frozen=>=3.5' --case=interleaved_dense --format=clone"
    )


def test_only_regressions_are_bisected(rules: PairRules, comparison: Comparison) -> None:
    summary = bisect_regressions(samples.summarize(rules, comparison), lambda group: group.cells)
    assert set(summary.bisected) == {
        group
        for group in group_differences(comparison)
        if group.first.kind is ChangeKind.REGRESSION
    }
    assert all(answer == group.cells for group, answer in summary.bisected.items())


def test_acknowledged_regressions_are_not_bisected(
    rules: PairRules, comparison: Comparison
) -> None:
    expected = replace(
        comparison,
        differences=tuple(
            replace(difference, acknowledged="on purpose") for difference in comparison.differences
        ),
    )
    assert bisect_regressions(samples.summarize(rules, expected), str).bisected == {}


def test_of_many_regressions_the_first_of_each_item_are_bisected(
    rules: PairRules, comparison: Comparison
) -> None:
    regression = group_of(comparison, "interleaved_dense").first
    many = replace(
        comparison,
        differences=tuple(
            replace(regression, after=replace(regression.after, message=str(number)))
            for number in range(MOST_BISECTED + 3)
        ),
    )
    summary = bisect_regressions(samples.summarize(rules, many), lambda group: "done")
    assert list(summary.bisected) == group_differences(many)
    assert (
        list(summary.bisected.values())
        == ["done"] * MOST_BISECTED
        + ["Not bisected: only the first 5 regressions of a release are."] * 3
    )


class OfflineOracle(WithoutTransplants):
    """Notes which pairs it is asked, and gives no answer."""

    def __init__(self, asked: list[Pair], fault: str = "") -> None:
        self.probes = 0
        self._asked = asked
        self._fault = fault

    def known(self, pair: Pair) -> Observation | None:
        return Observation(pair, reason="offline") if pair in self._asked else None

    def ask(self, pairs: Sequence[Pair]) -> None:
        self._asked.extend(pairs)
        if self._fault:
            raise Fault(self._fault)

    def confirm(self, pairs: Sequence[Pair]) -> None:
        raise AssertionError("nothing is provisional")

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        raise AssertionError("there is no clone")


def bisect(
    rules: PairRules, group: DifferenceGroup, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """Bisect a group with an oracle; return the answer, and what was printed."""
    monkeypatch.setattr(bisecting, "SessionOracle", lambda *_, **__: oracle)
    terminal = StringIO()
    bisector = Bisector(
        rules, samples.request(), Console(file=terminal), WatchCommand(None, UNTIL, False, ()),
        workers=1, clone=None,
    )  # fmt: skip
    return bisector.answer(group), terminal.getvalue()


def test_the_bounds_are_the_baseline_and_the_new_release(
    rules: PairRules, comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Pair] = []
    group = group_of(comparison, "interleaved_dense")
    answer, _ = bisect(rules, group, OfflineOracle(asked), monkeypatch)
    assert {pair.id for pair in asked} == {samples.KERAS_2, samples.KERAS_3}
    assert WatchCommand(None, UNTIL, False, ()).for_group(group) in answer


def test_the_bounds_of_a_daily_build_are_daily_builds(
    rules: PairRules, comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = samples.news_between(rules, "2024-10-24", "2024-10-25", nightly=True).items[0]
    asked: list[Pair] = []
    group = group_of(replace(comparison, item=item), "interleaved_dense")
    bisect(rules, group, OfflineOracle(asked), monkeypatch)
    assert asked[0].id.startswith("keras-3.6.0.dev202410") and item.pair in asked


def test_a_fault_is_the_answer_of_a_bisection(
    rules: PairRules, comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = OfflineOracle([], "the index cannot be reached")
    group = group_of(comparison, "interleaved_dense")
    answer, output = bisect(rules, group, oracle, monkeypatch)
    assert answer == "Not bisected: `the index cannot be reached`"
    assert "not bisected: the index cannot be reached" in output
