"""Rows of histories, change points and flaky cells, of recorded results."""

from __future__ import annotations

import pandas as pd

from harness.analysis.frames import long_table
from harness.analysis.table_rows import (
    BOUNDARY_COLUMNS,
    CHANGE_COLUMNS,
    EVERY_CASE,
    boundary_lines,
    change_lines,
    flaky_lines,
    history_lines,
)
from harness.analysis.views import Tables
from harness.releases.pair_rules import PairRules
from harness.results.signatures import Signature
from tests import recorded


def change_row(**values: str) -> dict[str, str]:
    return dict.fromkeys(CHANGE_COLUMNS, "") | {"from": "3.6.0", "to": "3.7.0"} | values


def changes_of(*rows: dict[str, str]) -> pd.DataFrame:
    signatures = [(Signature(row["before"]), Signature(row["after"])) for row in rows]
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS).assign(
        signatures=pd.Series(signatures, dtype=object)
    )


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
    assert [line.cases for line in lines] == [
        ((("a", "b"), "keras"), (("c",), "h5")),
        (((EVERY_CASE,), ""),),
        ((("a",), "keras"),),
    ]
    assert [line.outcomes[1] for line in lines] == ["pass", "import-error", "pass"]
    assert not boundary_lines(changes_of()) and not change_lines(changes_of())


def test_flaky_cells_are_listed_with_both_outcomes(tables: Tables) -> None:
    pair = "keras-2.2.0_tensorflow-1.8.0_py3.6"
    assert (pair, "siamese_pair", "h5", "pass", "ended by signal SIGSEGV") in flaky_lines(
        tables.long
    )
