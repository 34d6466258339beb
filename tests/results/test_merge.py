"""Merging, on recorded results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.results import store
from harness.results.merge import LocatedResult, merge_into_store, merge_results
from harness.results.model import Cell, CellKey, ExceptionRecord, Result
from tests import recorded

RECORDED = recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")
KEY = ("interleaved_dense", "keras")
DIGESTS = recorded.digests()
NO_INTERPRETER = Result(RECORDED.pair, outcome="no-interpreter", digest=DIGESTS.pair)


def with_cell(result: Result, **changes: Any) -> Result:
    return replace(result, cells={**result.cells, KEY: replace(result.cells[KEY], **changes)})


def merge(*parts: Result) -> tuple[Result, list[str]]:
    located = [LocatedResult(part, f"place {number}") for number, part in enumerate(parts)]
    result, contradictions = merge_results(located, DIGESTS)
    return result, [str(contradiction) for contradiction in contradictions]


def halves() -> tuple[Result, Result]:
    keys = sorted(RECORDED.cells)
    one, other = (
        replace(RECORDED, cells={key: RECORDED.cells[key] for key in half})
        for half in (keys[::2], keys[1::2])
    )
    return one, other


def with_only(result: Result, key: CellKey, cell: Cell = RECORDED.cells[KEY]) -> Result:
    """A result that holds a version of this cell in any case."""
    return replace(result, cells={**result.cells, key: cell})


def test_the_order_of_results_does_not_matter_and_merging_again_changes_nothing() -> None:
    one, other = halves()
    assert merge(one, other) == merge(other, one) == (RECORDED, [])
    assert merge(RECORDED, one, other) == (RECORDED, [])


def test_other_seconds_are_no_contradiction_and_the_first_are_kept() -> None:
    slower = with_cell(RECORDED, seconds=99.0)
    slower = replace(slower, environment={**slower.environment, "inside_seconds": 999.0})
    assert merge(RECORDED, slower) == (RECORDED, [])
    assert merge(slower, RECORDED) == (slower, [])


@pytest.mark.parametrize(
    ("change", "statement"),
    [
        (lambda: with_cell(RECORDED, outcome="pass", error=None),
         "interleaved_dense keras: load-error ValueError in place 0, pass in place 1"),
        (lambda: with_cell(RECORDED, outcome="save-error"), "save-error ValueError in place 1"),
        (lambda: Result(RECORDED.pair, outcome="unresolvable", digest=DIGESTS.pair),
         "3.11: cells in place 0, unresolvable in place 1"),
        (lambda: replace(RECORDED, environment={
            **RECORDED.environment,
            "installed": [*RECORDED.environment["installed"][:-1], "wrapt==2.0"]}),
         "3.11: installed wrapt==1.16.0 in place 0, installed wrapt==2.0 in place 1"),
    ],
)  # fmt: skip
def test_contradictions_are_named(change: Callable[[], Result], statement: str) -> None:
    _, (contradiction,) = merge(RECORDED, change())
    assert statement in contradiction
    assert RECORDED.pair.id in contradiction
    assert len(merge(change(), RECORDED)[1]) == 1


def test_of_a_contradiction_the_first_cell_stays_and_everything_else_is_merged() -> None:
    one, other = halves()
    passing = replace(RECORDED.cells[KEY], outcome="pass", error=None)
    failing_first, contradictions = merge(with_only(one, KEY), with_only(other, KEY, passing))
    assert failing_first == RECORDED and len(contradictions) == 1
    passing_first, contradictions = merge(with_only(other, KEY, passing), with_only(one, KEY))
    assert passing_first.cells == {**RECORDED.cells, KEY: passing} and len(contradictions) == 1


def test_of_two_environments_the_first_stays_as_a_whole() -> None:
    one, other = halves()
    elsewhere = replace(other, environment={**other.environment, "installed": ["wrapt==2.0"]})
    result, contradictions = merge(one, elsewhere)
    assert result == one and len(contradictions) == 1


def test_outcomes_of_a_pair_contradict_each_other_but_reasons_do_not() -> None:
    absent = Result(RECORDED.pair, outcome="unresolvable", reason="a", digest=DIGESTS.pair)
    assert merge(absent, replace(absent, reason="b")) == (absent, [])
    assert len(merge(absent, replace(absent, outcome="import-error"))[1]) == 1


@pytest.mark.parametrize(
    "outdated",
    [
        with_cell(RECORDED, digest="of other code", outcome="pass", error=None),
        replace(
            RECORDED,
            environment={"wheel": "tensorflow", "installed": []},
            cells={KEY: replace(RECORDED.cells[KEY], digest="of other code", outcome="pass")},
        ),
        Result(RECORDED.pair, outcome="unresolvable", digest="of other rules"),
        NO_INTERPRETER,
        Result(RECORDED.pair),
    ],
)
def test_what_the_present_code_made_takes_precedence(outdated: Result) -> None:
    assert merge(RECORDED, outdated) == (RECORDED, [])
    assert merge(outdated, RECORDED)[0].cells == RECORDED.cells
    assert merge(outdated, RECORDED)[1] == []


def test_a_missing_interpreter_contradicts_nothing() -> None:
    outdated = replace(RECORDED, cells={KEY: replace(RECORDED.cells[KEY], digest="of other code")})
    assert merge(NO_INTERPRETER, outdated) == merge(outdated, NO_INTERPRETER) == (outdated, [])


def test_outdated_cells_without_a_newer_version_are_kept_and_can_contradict_each_other() -> None:
    old = replace(RECORDED, cells={KEY: replace(RECORDED.cells[KEY], digest="of other code")})
    rest = {key: cell for key, cell in RECORDED.cells.items() if key != KEY}
    assert merge(replace(RECORDED, cells=rest), old)[0].cells[KEY] == old.cells[KEY]
    assert len(merge(old, with_cell(old, outcome="pass", error=None))[1]) == 1


def test_a_flaky_cell_agrees_with_both_of_its_runs_in_any_order() -> None:
    crash: ExceptionRecord = {"type": "Crash", "message": "signal SIGSEGV", "frames": []}
    steady = with_cell(RECORDED, outcome="pass", error=None)
    flaky = with_cell(steady, flaky=crash)
    crashed = with_cell(steady, outcome="crash", error=crash)
    assert len(merge(steady, crashed)[1]) == 1
    for parts in ((steady, flaky, crashed), (crashed, steady, flaky), (flaky, crashed, steady)):
        result, contradictions = merge(*parts)
        assert contradictions == []
        assert result.cells[KEY].flaky == crash
    assert len(merge(flaky, RECORDED)[1]) == 1
    assert len(merge(flaky, with_cell(steady, outcome="timeout"))[1]) == 1


def test_of_two_timeouts_the_one_with_the_longer_limit_is_kept() -> None:
    short = with_cell(RECORDED, outcome="timeout", error=None, limit=10.0)
    long = with_cell(short, limit=60.0)
    assert merge(short, long) == merge(long, short) == (long, [])


@pytest.mark.parametrize(("limit", "seconds"), [(10.0, 12.0), (10.0, 2.0)])
def test_a_cell_that_ended_knows_more_than_a_timeout_on_a_slow_machine(
    limit: float, seconds: float
) -> None:
    timeout = with_cell(RECORDED, outcome="timeout", error=None, limit=limit)
    ended = with_cell(RECORDED, outcome="pass", error=None, seconds=seconds)
    assert merge(timeout, ended) == (ended, [])
    assert merge(ended, timeout) == (ended, [])


def test_no_machine_is_so_slow_that_a_quick_cell_runs_into_a_long_limit() -> None:
    timeout = with_cell(RECORDED, outcome="timeout", error=None, limit=60.0)
    _, contradictions = merge(timeout, with_cell(RECORDED, outcome="pass", error=None, seconds=0.5))
    assert len(contradictions) == 1


def test_merging_into_the_store_adds_cells(tmp_path: Path) -> None:
    one, other = halves()
    store.write(one, tmp_path)
    merge_into_store(RECORDED.pair, [LocatedResult(other, "elsewhere")], DIGESTS, tmp_path)
    assert store.read_pair(RECORDED.pair, tmp_path) == RECORDED


def test_a_contradicted_cell_stays_as_stored_and_the_rest_is_written(tmp_path: Path) -> None:
    one, other = halves()
    store.write(with_only(one, KEY), tmp_path)
    passing = with_only(other, KEY, replace(RECORDED.cells[KEY], outcome="pass", error=None))
    merge = merge_into_store(
        RECORDED.pair, [LocatedResult(passing, "elsewhere")], DIGESTS, tmp_path
    )
    (contradiction,) = merge.contradictions
    assert "pass in elsewhere" in str(contradiction)
    assert merge.changed
    assert store.read_pair(RECORDED.pair, tmp_path) == RECORDED


def test_merging_again_changes_nothing_and_names_the_contradiction_again(tmp_path: Path) -> None:
    path = store.write(RECORDED, tmp_path)
    before = path.stat().st_mtime_ns
    passing = LocatedResult(with_cell(RECORDED, outcome="pass", error=None), "elsewhere")
    for _ in range(2):
        merge = merge_into_store(RECORDED.pair, [passing], DIGESTS, tmp_path)
        assert not merge.changed and len(merge.contradictions) == 1
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("environment", [RECORDED.environment, {"installed": ["wrapt==2.0"]}])
def test_cells_to_replace_stay_where_nothing_comes_in_their_place(
    tmp_path: Path, environment: dict[str, Any]
) -> None:
    store.write(RECORDED, tmp_path)
    part = replace(RECORDED, environment=environment, cells={KEY: RECORDED.cells[KEY]})
    merge_into_store(
        RECORDED.pair, [LocatedResult(part, "elsewhere")], DIGESTS, tmp_path,
        replacing=sorted(RECORDED.cells)[::2],
    )  # fmt: skip
    assert store.read_pair(RECORDED.pair, tmp_path) == RECORDED


def test_cells_that_were_run_again_are_replaced(tmp_path: Path) -> None:
    store.write(RECORDED, tmp_path)
    passing = with_cell(RECORDED, outcome="pass", error=None)
    merge_into_store(
        RECORDED.pair, [LocatedResult(passing, "elsewhere")], DIGESTS, tmp_path, replacing=[KEY]
    )
    assert store.read_pair(RECORDED.pair, tmp_path) == passing


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    store.path_of(RECORDED.pair, tmp_path).write_text("{")
    located = LocatedResult(RECORDED, "elsewhere")
    merge = merge_into_store(RECORDED.pair, [located], DIGESTS, tmp_path)
    assert "cannot be trusted" in str(merge.damage)
    assert store.read_pair(RECORDED.pair, tmp_path) == RECORDED
