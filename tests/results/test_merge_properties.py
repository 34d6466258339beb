"""Properties of merging, over small results made of recorded cells."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from harness.results.merge import LocatedResult, merge_results
from harness.results.model import Cell, CellKey, Result
from harness.results.signatures import Signature, signature_of
from tests import recorded

RECORDED = recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")
DIGESTS = recorded.digests()
FAILING = RECORDED.cells["interleaved_dense", "keras"]
CRASH: Any = {"type": "Crash", "message": "signal SIGSEGV", "frames": []}
KEYS = (("interleaved_dense", "keras"), ("interleaved_dense", "h5"), ("dense_twice", "json"))

#: What a cell can have come to; `version_of` gives it the key and the digest of a cell.
VERSIONS = (
    replace(FAILING, outcome="pass", error=None),
    replace(FAILING, outcome="pass", error=None, seconds=5.0),
    replace(FAILING, outcome="pass", error=None, flaky=CRASH),
    replace(FAILING, outcome="crash", error=CRASH),
    FAILING,
    replace(FAILING, outcome="timeout", error=None, limit=10.0, seconds=10.0),
    replace(FAILING, outcome="timeout", error=None, limit=60.0, seconds=60.0),
)


def version_of(key: CellKey, version: Cell, *, is_current: bool) -> Cell:
    digest = RECORDED.cells[key].digest if is_current else "of other code"
    return replace(version, case=key[0], format=key[1], digest=digest)


@st.composite
def results(draw: st.DrawFn) -> Result:
    """A result of some cells, of a pair outcome, or of nothing."""
    outcome = draw(st.sampled_from(["", "", "", "unresolvable", "no-interpreter"]))
    if outcome:
        digest = draw(st.sampled_from([DIGESTS.pair, "of other rules"]))
        return Result(RECORDED.pair, outcome=outcome, digest=digest)
    installed = draw(st.sampled_from([["wrapt==1.16.0"], ["wrapt==1.16.0"], ["wrapt==2.0"]]))
    cells = {
        key: version_of(key, draw(st.sampled_from(VERSIONS)), is_current=draw(st.booleans()))
        for key in draw(st.sets(st.sampled_from(KEYS)))
    }
    return Result(RECORDED.pair, {"installed": installed}, cells=cells)


def merge(*parts: Result) -> tuple[Result, set[CellKey]]:
    """What the parts come to, and the keys of the contradictions."""
    located = [LocatedResult(part, f"place {number}") for number, part in enumerate(parts)]
    merged, contradictions = merge_results(located, DIGESTS)
    return merged, {(contradiction.case, contradiction.format) for contradiction in contradictions}


def known(result: Result) -> Any:
    """What a result says, without seconds, which depend on the machine, and the first place."""
    cells: dict[CellKey, tuple[Signature, float, bool, str]] = {
        key: (signature_of(cell), cell.limit, cell.flaky is not None, cell.digest)
        for key, cell in result.cells.items()
    }
    environment = result.environment_key if cells else None
    return result.outcome, environment, cells


@given(results())
def test_merging_a_result_with_itself_changes_nothing(one: Result) -> None:
    assert merge(one) == merge(one, one) == (one, set())


@given(results(), results())
def test_merging_again_changes_nothing_and_finds_the_same_contradictions(
    one: Result, other: Result
) -> None:
    merged, contradicted = merge(one, other)
    again, contradicted_again = merge(merged, other)
    assert again == merged
    assert contradicted_again == contradicted


@given(results(), results())
def test_the_order_of_two_makes_a_difference_only_where_they_contradict_each_other(
    one: Result, other: Result
) -> None:
    (merged, contradicted), (reverse, contradicted_in_reverse) = (
        merge(one, other),
        merge(other, one),
    )
    assert contradicted == contradicted_in_reverse
    if ("", "") in contradicted:
        assert (known(merged), known(reverse)) == (known(one), known(other))
        return
    for key in contradicted:
        assert (merged.cells.pop(key), reverse.cells.pop(key)) == (one.cells[key], other.cells[key])
    assert known(merged) == known(reverse)


@given(st.lists(results(), min_size=3, max_size=3))
def test_neither_order_nor_grouping_matters_for_results_that_agree(parts: list[Result]) -> None:
    assume(not any(merge(one, other)[1] for one, other in combinations(parts, 2)))
    expected = known(merge(*parts)[0])
    for first, second, third in permutations(parts):
        assert known(merge(first, second, third)[0]) == expected
        assert known(merge(merge(first, second)[0], third)[0]) == expected
        assert known(merge(first, merge(second, third)[0])[0]) == expected


@given(st.lists(results(), min_size=2, max_size=4))
def test_nothing_that_the_first_result_knows_from_the_present_code_is_lost(
    parts: list[Result],
) -> None:
    first = parts[0]
    merged, _ = merge(*parts)
    current = {key for key, cell in first.cells.items() if DIGESTS.made(cell)}
    assert current <= merged.cells.keys()
    assert {key for key in current if not DIGESTS.made(merged.cells[key])} == set()
