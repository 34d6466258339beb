"""Samples for the tests of the watch: Keras 3.0.0 and its baseline, from the recorded results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harness.execution.digests import pair_digest
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import FORMATS, Result
from harness.watch.comparison import Comparison, compare_with_baseline
from harness.watch.news import News, WatchItem, find_news
from harness.watch.summary import WatchSummary
from tests import recorded

KERAS_3 = "keras-3.0.0_tensorflow-2.15.0_py3.11"
KERAS_2 = "keras-2.15.0_tensorflow-2.15.0_py3.11"


def end_of(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T23:59:59+00:00").astimezone(UTC)


def news_between(
    rules: PairRules, since: str, until: str, *frozen: str, nightly: bool = False
) -> News:
    """What was new on the index between the ends of two days."""
    start, end = (rules.catalogue.as_of(end_of(day)) for day in (since, until))
    return find_news(start, end, rules, frozen=frozen, nightly=nightly)


def item_of_keras_3(rules: PairRules) -> WatchItem:
    (item,) = news_between(rules, "2023-11-27", "2023-11-28").items
    return item


def request() -> Request:
    """All recorded cells."""
    return Request(recorded.cases(), FORMATS, 60.0, folder=recorded.FOLDER)


def results(*changed: Result) -> dict[Pair, Result]:
    """The recorded results of both pairs, or what stands in their place."""
    both = {result.pair: result for result in map(recorded.result, (KERAS_2, KERAS_3))}
    return {**both, **{result.pair: result for result in changed}}


def compare(rules: PairRules, *changed: Result) -> Comparison:
    """Keras 3.0.0 compared with its baseline, as recorded or changed."""
    return compare_with_baseline(item_of_keras_3(rules), results(*changed), request(), {})


def compare_accepting(rules: PairRules) -> Comparison:
    """A comparison in which the new release accepts one file that the old one refused."""
    old = replace(recorded.result(KERAS_2), cells=recorded.refusing(KERAS_3).cells)
    return compare(rules, old, recorded.refusing(KERAS_3, json="accepted"))


def summarize(rules: PairRules, *comparisons: Comparison) -> WatchSummary:
    day = rules.catalogue.written
    return WatchSummary(day, day, rules.catalogue, comparisons)


def without_cells(pair_id: str, **fields: Any) -> Result:
    """The result of a pair that has no environment."""
    result = recorded.result(pair_id)
    return Result(result.pair, environment=result.environment, **fields)


def not_installable(pair_id: str) -> Result:
    return without_cells(
        pair_id, outcome="install-error", reason="it does not build", digest=pair_digest()
    )
