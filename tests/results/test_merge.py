"""Joining results, on the ones that real runs left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.execution.cases import all_cases, code_digests
from harness.execution.digests import pair_digest
from harness.results import store
from harness.results.merge import LocatedResult, merge_results
from harness.results.model import Result
from harness.util.paths import RESULTS

RECORDED = store.read(RESULTS / "keras-3.6.0_tensorflow-2.17.0_py3.11.json")
KEY = ("interleaved_dense", "keras")
DIGESTS = code_digests(all_cases())


def with_cell(result: Result, **changed: Any) -> Result:
    return replace(result, cells={**result.cells, KEY: replace(result.cells[KEY], **changed)})


def join(*parts: Result) -> tuple[Result, list[str]]:
    found = [LocatedResult(part, f"place {number}") for number, part in enumerate(parts)]
    result, contradictions = merge_results(found, DIGESTS)
    return result, [str(each) for each in contradictions]


def halves() -> tuple[Result, Result]:
    keys = sorted(RECORDED.cells)
    one, other = keys[::2], keys[1::2]
    return (
        replace(RECORDED, cells={key: RECORDED.cells[key] for key in one}),
        replace(RECORDED, cells={key: RECORDED.cells[key] for key in other}),
    )


def test_cells_are_united_in_any_order_and_again() -> None:
    one, other = halves()
    assert join(one, other) == join(other, one) == (RECORDED, [])
    assert join(RECORDED, one, other) == (RECORDED, [])


def test_seconds_are_no_contradiction_and_the_first_stay() -> None:
    slower = with_cell(RECORDED, seconds=99.0)
    slower = replace(slower, environment={**slower.environment, "inside_seconds": 999.0})
    assert join(RECORDED, slower) == (RECORDED, [])
    assert join(slower, RECORDED) == (slower, [])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: with_cell(RECORDED, outcome="pass", error=None),
         "interleaved_dense keras: load-error ValueError in place 0, pass in place 1"),
        (lambda: with_cell(RECORDED, outcome="save-error"), "save-error ValueError in place 1"),
        (lambda: Result(RECORDED.pair, outcome="unresolvable", digest=pair_digest()),
         "3.11: cells in place 0, unresolvable in place 1"),
        (lambda: replace(RECORDED, environment={
            **RECORDED.environment,
            "installed": [*RECORDED.environment["installed"][:-1], "wrapt==2.0"]}),
         "3.11: installed wrapt==1.16.0 in place 0, installed wrapt==2.0 in place 1"),
    ],
)  # fmt: skip
def test_contradictions_are_told(change: Callable[[], Result], told: str) -> None:
    _, (said,) = join(RECORDED, change())
    assert told in said
    assert RECORDED.pair.id in said
    assert len(join(change(), RECORDED)[1]) == 1


def test_two_outcomes_of_a_pair_contradict_and_one_does_not_by_its_words() -> None:
    absent = Result(RECORDED.pair, outcome="unresolvable", reason="a", digest=pair_digest())
    assert join(absent, replace(absent, reason="b")) == (absent, [])
    assert len(join(absent, replace(absent, outcome="import-error"))[1]) == 1


@pytest.mark.parametrize(
    "gone",
    [
        with_cell(RECORDED, digest="of other code", outcome="pass", error=None),
        replace(
            RECORDED,
            environment={"wheel": "tensorflow", "installed": []},
            cells={KEY: replace(RECORDED.cells[KEY], digest="of other code", outcome="pass")},
        ),
        Result(RECORDED.pair, outcome="unresolvable", digest="of other rules"),
        Result(RECORDED.pair, outcome="no-interpreter", digest=pair_digest()),
        Result(RECORDED.pair),
    ],
)
def test_what_other_code_made_gives_way(gone: Result) -> None:
    assert join(RECORDED, gone) == (RECORDED, [])
    assert join(gone, RECORDED)[0].cells == RECORDED.cells
    assert join(gone, RECORDED)[1] == []


def test_old_cells_of_which_nothing_newer_is_known_are_kept_and_held_to_each_other() -> None:
    old = replace(RECORDED, cells={KEY: replace(RECORDED.cells[KEY], digest="of other code")})
    rest = {key: cell for key, cell in RECORDED.cells.items() if key != KEY}
    assert join(replace(RECORDED, cells=rest), old)[0].cells[KEY] == old.cells[KEY]
    assert len(join(old, with_cell(old, outcome="pass", error=None))[1]) == 1


def test_a_flaky_cell_agrees_with_both_of_its_sides_in_any_order() -> None:
    crash = {"type": "Crash", "message": "signal SIGSEGV", "frames": [], "causes": []}
    steady = with_cell(RECORDED, outcome="pass", error=None)
    flaky = with_cell(steady, flaky=crash)
    crashed = with_cell(steady, outcome="crash", error=crash)
    assert len(join(steady, crashed)[1]) == 1
    for parts in ((steady, flaky, crashed), (crashed, steady, flaky), (flaky, crashed, steady)):
        result, contradictions = join(*parts)
        assert contradictions == []
        assert result.cells[KEY].flaky == crash
    assert len(join(flaky, RECORDED)[1]) == 1
    assert len(join(flaky, with_cell(steady, outcome="timeout"))[1]) == 1


def test_of_two_timeouts_the_one_with_the_longer_limit_is_kept() -> None:
    short = with_cell(RECORDED, outcome="timeout", error=None, limit=10.0)
    long = with_cell(short, limit=60.0)
    assert join(short, long) == join(long, short) == (long, [])
