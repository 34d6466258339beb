"""Views of recorded results, with explained change points."""

from __future__ import annotations

from dataclasses import replace

from harness.analysis.views import Tables, make_tables
from harness.releases.pair_rules import PairRules
from tests import recorded


def test_the_fix_of_issue_20307_is_explained(tables: Tables) -> None:
    changes = tables.natural["keras"].changes
    is_fix = (changes["case"] == "interleaved_dense") & (changes["to"] == "3.7.0")
    fixes = changes[is_fix]
    assert set(fixes["format"]) == {"keras", "h5", "json"}
    assert set(fixes["culprit"]) == {"keras"}
    assert set(fixes["upstream"]) == {"keras-team/keras#20389"}
    assert set(fixes["why"]) == {"the fix"}
    assert set(changes[~is_fix]["upstream"]) == set(changes[~is_fix]["why"]) == {""}


def test_a_change_of_the_whole_pair_has_no_culprit(rules: PairRules) -> None:
    results = recorded.results()
    results = [
        replace(result, outcome="import-error", cells={})
        if result.pair.id == "keras-3.6.0_tensorflow-2.17.0_py3.11"
        else result
        for result in results
    ]
    changes = make_tables(results, rules, []).natural["keras"].changes
    whole_pair = changes[changes["case"] == ""]
    assert whole_pair["culprit"].to_list() == ["", ""]


def test_the_shown_views_are_those_with_results(rules: PairRules, tables: Tables) -> None:
    assert [view.lineage for view in tables.shown] == ["keras", "tf-keras"]
    results = [result for result in recorded.results() if result.pair.lineage == "keras"]
    only_keras = make_tables(results, rules, [])
    assert [view.lineage for view in only_keras.shown] == ["keras"]
    assert only_keras.natural_pairs == set(only_keras.natural["keras"].frame["pair"])
