"""Views, history lines and rows of change points, of recorded results."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from harness.analysis.annotations import Annotation
from harness.analysis.frames import long_table
from harness.analysis.histories import (
    BOUNDARY_COLUMNS,
    CHANGE_COLUMNS,
    EVERY_CASE,
    OUTCOME_MEANINGS,
    SYMBOLS,
    Tables,
    boundary_lines,
    change_lines,
    flaky_lines,
    history_lines,
    make_tables,
)
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import CELL_OUTCOMES, PAIR_OUTCOMES
from harness.results.signatures import Signature
from tests import recorded

FIX = Annotation(
    "3.6.0", "3.7.0", "the fix", ("keras-team/keras#20389",), cases=("interleaved_dense",)
)


@pytest.fixture(scope="module")
def tables(rules: PairRules) -> Tables:
    return make_tables(recorded.results(), rules, [FIX])


def change_row(**values: str) -> dict[str, str]:
    return dict.fromkeys(CHANGE_COLUMNS, "") | {"from": "3.6.0", "to": "3.7.0"} | values


def changes_of(*rows: dict[str, str]) -> pd.DataFrame:
    signatures = [(Signature(row["before"]), Signature(row["after"])) for row in rows]
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS).assign(
        signatures=pd.Series(signatures, dtype=object)
    )


def test_every_outcome_has_a_symbol_and_a_meaning() -> None:
    outcomes = {*CELL_OUTCOMES, *PAIR_OUTCOMES}
    assert outcomes <= SYMBOLS.keys()
    assert OUTCOME_MEANINGS.keys() == outcomes | {"unknown"}


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


def test_views_of_pairs_are_natural_or_by_tensorflow(tables: Tables) -> None:
    natural = tables.natural["keras"]
    ids = {*natural.frame["pair"], "keras-3.6.0_tensorflow-2.18.1_py3.11"}
    whole, by_tensorflow = tables.views_of(map(Pair.parse, ids))
    assert whole is natural
    assert by_tensorflow.title == "keras releases with TensorFlow 2.18.1 on Python 3.11"
    assert set(by_tensorflow.frame["keras"]) == {"3.6.0"}


def test_a_part_of_the_natural_pairs_is_a_view_of_its_own(tables: Tables) -> None:
    ids = ("keras-3.6.0_tensorflow-2.17.0_py3.11", "keras-3.7.0_tensorflow-2.18.0_py3.11")
    (view,) = tables.views_of(map(Pair.parse, ids))
    assert view.title == tables.natural["keras"].title
    assert set(view.frame["keras"]) == {"3.6.0", "3.7.0"}
    assert set(view.changes["to"]) == {"3.7.0"}


def test_formats_of_equal_history_share_a_line(tables: Tables) -> None:
    lines = [
        line
        for line in history_lines(tables.natural["keras"].frame)
        if line.case == "interleaved_dense" and "h5" in line.formats
    ]
    (line,) = lines
    assert line.formats == "h5, json"
    assert [(str(span), span.outcome) for span in line.spans][:2] == [
        ("2.2.0 to 2.15.0 pass", "pass"),
        ("3.0.0 to 3.6.0 load-error ValueError", "load-error"),
    ]


def test_releases_in_which_a_cell_was_not_run_are_named(rules: PairRules) -> None:
    results = [
        recorded.result(f"keras-{keras}_tensorflow-2.19.1_py3.11")
        for keras in ("3.6.0", "3.7.0", "3.12.4", "3.15.1")
    ]
    key = ("interleaved_dense", "clone")
    del results[1].cells[key], results[2].cells[key]
    lines = history_lines(long_table(results, rules.catalogue))
    (line,) = [line for line in lines if (line.case, line.formats) == key]
    assert [(str(span), span.outcome) for span in line.spans] == [
        ("3.6.0 pass", "pass"), ("3.7.0 to 3.12.4 not run", "not run"), ("3.15.1 pass", "pass"),
    ]  # fmt: skip


def test_history_lines_leave_out_formats_that_no_release_supports(tables: Tables) -> None:
    frame = tables.natural["keras"].frame
    lines = history_lines(frame)
    assert [line.case for line in lines] == sorted(line.case for line in lines)
    (line,) = [line for line in lines if line.case == "weights_by_name"]
    assert line.formats == "own"
    rows = frame[(frame["case"] == "weights_by_name") & (frame["format"] != "own")]
    assert set(rows["outcome"]) == {"unsupported"}


def test_formats_that_changed_alike_share_a_row() -> None:
    changes = changes_of(
        change_row(case="a", format="keras", before="x", after="pass"),
        change_row(case="a", format="h5", before="x", after="pass"),
        change_row(case="a", format="json", before="y", after="pass"),
        change_row(case="", before="runs", after="import-error"),
    )
    rows = [dict(zip(CHANGE_COLUMNS, row, strict=True)) for row in change_lines(changes)]
    assert [(row["case"], row["format"], row["before"]) for row in rows] == [
        ("a", "keras, h5", "x"),
        ("a", "json", "y"),
        (EVERY_CASE, "", "runs"),
    ]


def test_cases_that_changed_alike_share_a_row_in_the_order_of_releases() -> None:
    changes = changes_of(
        change_row(case="a", format="keras", to="3.10.0", after="pass"),
        change_row(case="a", format="keras", after="pass"),
        change_row(case="b", format="keras", after="pass"),
        change_row(case="c", format="h5", after="pass"),
        change_row(case="", after="import-error"),
    )
    lines = boundary_lines(changes)
    rows = [dict(zip(BOUNDARY_COLUMNS, line.texts, strict=True)) for line in lines]
    assert [(row["to"], row["cases"]) for row in rows] == [
        ("3.7.0", "a, b (keras); c (h5)"),
        ("3.7.0", EVERY_CASE),
        ("3.10.0", "a (keras)"),
    ]
    assert [line.outcomes[1] for line in lines] == ["pass", "import-error", "pass"]
    assert not boundary_lines(changes_of()) and not change_lines(changes_of())


def test_flaky_cells_are_listed_with_both_outcomes(tables: Tables) -> None:
    pair = "keras-2.2.0_tensorflow-1.8.0_py3.6"
    assert (pair, "siamese_pair", "h5", "pass", "ended by signal SIGSEGV") in flaky_lines(
        tables.long
    )
