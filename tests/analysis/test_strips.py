"""Strips of recorded results."""

from __future__ import annotations

import pytest

from harness.analysis.asked_views import asked_views
from harness.analysis.strips import Strip, case_strips, format_strips, grouped, releases_of
from harness.analysis.views import View, make_tables_of_some
from harness.releases.pair_rules import PairRules
from harness.results.model import FORMATS, Result
from tests import recorded

RELEASES = ("2.15.0", "3.2.1", "3.3.3", "3.6.0", "3.7.0")


def view_of(rules: PairRules, *cases: str, releases: tuple[str, ...] = RELEASES) -> View:
    results = [
        recorded.refusing(pair.id) for pair in rules.natural() if str(pair.keras) in releases
    ]
    keys = [(case, name) for case in cases for name in FORMATS]
    (view,) = asked_views(
        make_tables_of_some(results, rules), [result.pair for result in results], keys
    )
    return view


def test_a_case_is_as_bad_as_its_worst_format(rules: PairRules) -> None:
    view = view_of(rules, "interleaved_dense")
    assert [str(release) for release in releases_of(view)] == list(RELEASES)
    strip = case_strips(view)["interleaved_dense"]
    assert strip.outcomes == ("pass", "load-error", "load-error", "load-error", "pass")
    assert strip.marks == {1, 2, 4} and strip.newest_change == 4  # clone passes again from 3.3.3


def test_each_format_has_a_strip_with_its_own_changes(rules: PairRules) -> None:
    strips = format_strips(view_of(rules, "interleaved_dense"))
    assert strips["keras"].marks == {1, 4} and strips["clone"].marks == {1, 2}
    assert strips["savedmodel"].outcomes == ("pass", *["unsupported"] * 4)
    assert not strips["savedmodel"].marks and not strips["savedmodel"].fails
    assert not strips["own"].applies


def test_a_file_that_is_refused_is_right(rules: PairRules) -> None:
    view = view_of(rules, recorded.CONTRACT, releases=("3.2.1", "3.3.3", "3.6.0"))
    assert case_strips(view)[recorded.CONTRACT].outcomes == ("mismatch", "pass", "pass")


def test_a_release_without_an_environment_is_no_failure_of_the_case(rules: PairRules) -> None:
    pairs = [pair for pair in rules.natural() if str(pair.keras) in ("3.3.3", "3.6.0")]
    results = [recorded.result(pairs[0].id), Result(pairs[1], outcome="import-error", reason="x")]
    tables = make_tables_of_some(results, rules)
    (view,) = asked_views(tables, pairs, [("dense_twice", "keras")])
    strip = case_strips(view)["dense_twice"]
    assert strip.outcomes == ("pass", "import-error")
    assert not strip.fails and not strip.marks


@pytest.mark.parametrize("number", [0, 1])
def test_the_newest_change_comes_first_and_equal_strips_share_a_group(number: int) -> None:
    late = Strip(("pass", "pass", "load-error"), frozenset({2}))
    early = Strip(("pass", "load-error", "load-error"), frozenset({1}))
    strips = {"b": early, "c": late, "a": early}
    groups = grouped(dict(sorted(strips.items(), reverse=bool(number))))
    assert [group.names for group in groups] == [("c",), ("a", "b")]
