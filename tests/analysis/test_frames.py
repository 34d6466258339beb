"""The long and the wide table, of recorded results."""

from __future__ import annotations

import pandas as pd
import pytest

from harness.analysis.frames import (
    COLUMNS,
    contract_keys,
    has_key_in,
    long_table,
    only_cells,
    wide_table,
    without_cells,
)
from harness.releases.catalogue import Catalogue
from harness.results.model import FORMATS, Result
from tests import recorded

OLD, NEW = "keras-3.6.0_tensorflow-2.17.0_py3.11", "keras-3.7.0_tensorflow-2.18.0_py3.11"
ABSENT = "keras-3.8.0_tensorflow-2.18.0_py3.11"


@pytest.fixture
def results() -> list[Result]:
    absent = Result(recorded.result(ABSENT).pair, outcome="import-error", reason="No  module")
    return [recorded.result(OLD), recorded.result(NEW), absent]


@pytest.fixture
def frame(results: list[Result]) -> pd.DataFrame:
    return long_table(results, Catalogue.load())


def test_the_long_table_has_a_row_for_each_cell(frame: pd.DataFrame, results: list[Result]) -> None:
    assert tuple(frame.columns) == COLUMNS
    rows = frame[frame["pair"] == OLD]
    assert set(zip(rows["case"], rows["format"], strict=True)) == results[0].cells.keys()
    assert len(rows) == len(results[0].cells)
    dtype = frame["format"].dtype
    assert isinstance(dtype, pd.CategoricalDtype)
    assert list(dtype.categories) == list(FORMATS)


def test_the_row_of_a_cell(frame: pd.DataFrame) -> None:
    is_cell = (frame["case"] == "interleaved_dense") & (frame["format"] == "keras")
    row = frame[is_cell & (frame["pair"] == OLD)].iloc[0]
    assert (row["keras"], row["tensorflow"], row["python"]) == ("3.6.0", "2.17.0", "3.11")
    assert (row["released"], row["outcome"], row["type"]) == (
        "2024-10-03",
        "load-error",
        "ValueError",
    )
    assert row["message"].startswith("Layer node index out of bounds")
    assert row["module"] == "keras.models.functional"
    assert row["signature"].label == row["label"] == "load-error ValueError"


def test_a_pair_without_an_environment_has_one_row(frame: pd.DataFrame) -> None:
    (row,) = without_cells(frame).to_dict("records")
    assert (row["pair"], row["case"], row["outcome"]) == (ABSENT, "", "import-error")
    assert row["note"] == "No  module"
    assert len(only_cells(frame)) == len(frame) - 1
    assert ABSENT not in set(only_cells(frame)["pair"])


def test_a_cell_that_is_refused_or_accepted_is_a_contract(frame: pd.DataFrame) -> None:
    assert contract_keys(frame) == frozenset()
    results = [recorded.refusing(OLD, json="accepted", keras="crash"), recorded.result(NEW)]
    table = long_table(results, Catalogue.load())
    assert contract_keys(table) == {(recorded.CONTRACT, "json")}
    rows = table[has_key_in(table, contract_keys(table))]
    assert list(zip(rows["keras"], rows["outcome"], strict=True)) == [
        ("3.6.0", "accepted"),
        ("3.7.0", "timeout"),
    ]


def test_the_wide_table_has_a_column_for_each_pair(
    frame: pd.DataFrame, results: list[Result]
) -> None:
    wide = wide_table(frame)
    assert wide.columns.to_list() == [OLD, NEW, ABSENT]
    assert wide.loc[[("interleaved_dense", "keras")]].values.tolist() == [
        ["load-error ValueError", "pass", "import-error"]
    ]
    assert set(wide[ABSENT]) == {"import-error"}


def test_an_unknown_cell_is_empty_in_the_wide_table(results: list[Result]) -> None:
    key = ("interleaved_dense", "keras")
    del results[0].cells[key]
    assert wide_table(long_table(results, Catalogue.load())).loc[key, OLD] == ""
