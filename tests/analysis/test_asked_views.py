"""The views of what a run was asked for, of recorded results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.asked_views import asked_views
from harness.analysis.views import Tables, View, make_tables
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import CellKey, Result
from tests import recorded

KEY = ("interleaved_dense", "keras")
KERAS_3_6 = "keras-3.6.0_tensorflow-2.17.0_py3.11"
KERAS_3_7 = "keras-3.7.0_tensorflow-2.18.0_py3.11"


@pytest.fixture(scope="module")
def tables(rules: PairRules) -> Tables:
    return make_tables(recorded.results(), rules, [])


def views_of(tables: Tables, ids: list[str], keys: list[CellKey] | None = None) -> list[View]:
    return list(asked_views(tables, [Pair.parse(id) for id in ids], keys or [KEY]))


def changes_in(view: View) -> list[list[str]]:
    columns = ["from", "to", "before", "after", "culprit"]
    return view.changes[columns].values.tolist()


def crossed(keras: tuple[str, ...], tensorflow: tuple[str, ...]) -> list[str]:
    return [f"keras-{one}_tensorflow-{other}_py3.11" for one in keras for other in tensorflow]


def moved(pair_id: str, tensorflow: str) -> Result:
    """A recorded result, as if it had been made with another TensorFlow."""
    result = recorded.result(pair_id)
    pair = Pair.parse(f"keras-{result.pair.keras}_tensorflow-{tensorflow}_py3.11")
    return replace(result, pair=pair)


def test_a_natural_pair_and_another_with_the_same_tensorflow_are_compared(
    rules: PairRules,
) -> None:
    results = [*recorded.results(), moved(KERAS_3_6, "2.18.0")]
    ids = crossed(("3.6.0", "3.7.0"), ("2.18.0",))
    (view,) = views_of(make_tables(results, rules, []), ids)
    assert view.title == "keras releases with TensorFlow 2.18.0 on Python 3.11"
    assert changes_in(view) == [["3.6.0", "3.7.0", "load-error ValueError", "pass", "keras"]]


def test_only_the_cells_that_were_asked_for_are_in_a_view(tables: Tables) -> None:
    (view,) = views_of(tables, [KERAS_3_6, KERAS_3_7])
    assert set(zip(view.frame["case"], view.frame["format"], strict=True)) == {KEY}
    assert set(view.changes["case"]) == {KEY[0]}
    assert view.title == tables.natural["keras"].title


def test_where_only_tensorflow_differs_its_releases_are_the_axis(rules: PairRules) -> None:
    ids = crossed(("3.6.0",), ("2.16.2", "2.17.1", "2.18.1"))
    results = [recorded.result(id) for id in ids]
    passing = replace(results[1].cells[KEY], outcome="pass", error=None)
    results[1].cells[KEY] = passing
    (view,) = views_of(make_tables(results, rules), ids)
    assert view.axis == "tensorflow"
    assert view.title == "TensorFlow releases with keras 3.6.0 on Python 3.11"
    boundaries = [["2.16.2", "2.17.1"], ["2.17.1", "2.18.1"]]
    assert [change[:2] for change in changes_in(view)] == boundaries
    assert all("tensorflow" in change[-1] for change in changes_in(view))
    assert set(view.changes["why"]) == {""}, "annotations are about Keras releases"


def test_where_both_differ_there_is_a_view_for_each_tensorflow(tables: Tables) -> None:
    views = views_of(tables, crossed(("3.6.0", "3.7.0"), ("2.18.1", "2.16.2")))
    assert [view.title for view in views] == [
        f"keras releases with TensorFlow {tensorflow} on Python 3.11"
        for tensorflow in ("2.16.2", "2.18.1")
    ]
    for view in views:
        assert [change[:2] for change in changes_in(view)] == [["3.6.0", "3.7.0"]]


def test_natural_pairs_of_all_releases_are_a_view_of_their_own(tables: Tables) -> None:
    cross = crossed(("3.6.0", "3.7.0"), ("2.16.2", "2.18.1"))
    natural, *others = views_of(tables, [*cross, KERAS_3_6, KERAS_3_7])
    assert natural.title == tables.natural["keras"].title
    assert set(natural.frame["pair"]) == {KERAS_3_6, KERAS_3_7}
    assert {pair for view in others for pair in view.frame["pair"]} == set(cross)


def test_a_natural_pair_stays_with_the_others_if_not_all_releases_have_one(
    rules: PairRules,
) -> None:
    results = [*recorded.results(), moved(KERAS_3_6, "2.18.0")]
    ids = crossed(("3.6.0", "3.7.0"), ("2.16.2", "2.18.0"))
    views = views_of(make_tables(results, rules, []), ids)
    assert [set(view.frame["keras"]) for view in views] == [{"3.6.0", "3.7.0"}] * 2


def test_each_lineage_has_views_of_its_own(tables: Tables) -> None:
    ids = [KERAS_3_6, KERAS_3_7, "tf-keras-2.18.0_tensorflow-2.18.0_py3.11"]
    assert [view.lineage for view in views_of(tables, ids)] == ["keras", "tf-keras"]


def test_a_pair_without_an_environment_is_shown_whatever_cells_were_asked_for(
    rules: PairRules,
) -> None:
    broken = replace(recorded.result(KERAS_3_7), outcome="import-error", cells={})
    results = [recorded.result(KERAS_3_6), broken]
    (view,) = views_of(make_tables(results, rules, []), [KERAS_3_6, KERAS_3_7])
    assert [change[:4] for change in changes_in(view)] == [
        ["3.6.0", "3.7.0", "runs", "import-error"]
    ]


def test_what_is_not_known_is_in_no_view(tables: Tables) -> None:
    unknown = crossed(("3.6.0",), ("2.18.0",))
    assert views_of(tables, unknown) == []
    assert views_of(tables, [KERAS_3_6], [("no_such_case", "keras")]) == []
