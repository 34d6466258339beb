"""Results as columns, on recorded ones."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.results import columns, document
from harness.results.document import DamagedResult
from harness.results.model import Cell, Result
from tests import recorded

PAIR_ID = "keras-3.6.0_tensorflow-2.17.0_py3.11"
NAME = f"{PAIR_ID}.parquet"


@pytest.fixture(scope="module")
def result() -> Result:
    path = recorded.path(PAIR_ID)
    return document.loads(path.read_bytes(), path.name)


def test_reading_what_was_written_gives_the_same_result() -> None:
    for path in sorted(recorded.FOLDER.glob("*.json"))[::9]:
        recorded_result = document.loads(path.read_bytes(), path.name)
        content = columns.dumps(recorded_result)
        assert columns.loads(content, f"{path.stem}.parquet") == recorded_result


def test_equal_results_give_equal_bytes(result: Result) -> None:
    backwards = replace(result, cells=dict(reversed(result.cells.items())))
    assert columns.dumps(backwards) == columns.dumps(result)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_cut_short_is_damaged(result: Result, share: float) -> None:
    content = columns.dumps(result)
    with pytest.raises(DamagedResult, match=r"keras-3\.6\.0.* cannot be trusted"):
        columns.loads(content[: int(len(content) * share)], NAME)


def test_an_altered_byte_among_the_cells_is_damage(result: Result) -> None:
    content = bytearray(columns.dumps(result))
    content[len(content) // 3] ^= 1
    with pytest.raises(DamagedResult):
        columns.loads(bytes(content), NAME)


def test_a_file_under_the_name_of_another_pair_is_damaged(result: Result) -> None:
    with pytest.raises(DamagedResult, match=r"it holds keras-3\.6\.0"):
        columns.loads(columns.dumps(result), "keras-3.7.0_tensorflow-2.18.0_py3.11.parquet")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"outcome": "fine"}, "unknown outcomes: fine"),
        ({"format": "pickle"}, "unknown formats: pickle"),
        ({"error": {"type": "ValueError"}}, "missing required field `message`"),
    ],
)
def test_a_cell_that_cannot_be_is_damage(
    result: Result, change: dict[str, object], reason: str
) -> None:
    cell = Cell("case", "keras", "pass", "0" * 16)
    result = replace(result, cells={cell.key: replace(cell, **change)})  # type: ignore[arg-type]
    with pytest.raises(DamagedResult, match=reason):
        columns.loads(columns.dumps(result), NAME)


def test_a_cell_twice_is_damage(result: Result) -> None:
    cell = Cell("case", "keras", "pass", "0" * 16)
    twice = replace(result, cells={("case", "keras"): cell, ("case", "h5"): cell})
    with pytest.raises(DamagedResult, match="it holds a cell twice"):
        columns.loads(columns.dumps(twice), NAME)


def test_cells_of_a_pair_that_has_none_are_damage(result: Result) -> None:
    with pytest.raises(DamagedResult, match="an outcome of a pair that has none"):
        columns.loads(columns.dumps(replace(result, outcome="unresolvable")), NAME)


def test_a_distribution_twice_is_damage(result: Result) -> None:
    twice = {**result.environment, "installed": ["keras==3.6.0", "keras==3.6.0"]}
    with pytest.raises(DamagedResult, match="it holds a distribution twice"):
        columns.loads(columns.dumps(replace(result, environment=twice)), NAME)


def test_another_schema_is_damage(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(columns, "COLUMNS_SCHEMA", 7)
        content = columns.dumps(result)
    with pytest.raises(DamagedResult, match="schema 7, expected 1"):
        columns.loads(content, NAME)


def test_the_table_has_a_row_for_each_cell_and_each_exception_once(result: Result) -> None:
    found = columns.read_columns(columns.dumps(result), NAME)
    assert (found.pair, found.table.num_rows) == (result.pair, len(result.cells))
    errors = [
        json.dumps(cell.error, sort_keys=True) for cell in result.cells.values() if cell.error
    ]
    assert found.exceptions() == set(errors)
    assert len(found.exceptions()) < len(errors)
