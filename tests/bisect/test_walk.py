"""A walk asks the oracle what the search wants to know, and turns numbers into points."""

from __future__ import annotations

from collections.abc import Sequence

from harness.bisect.question import Question
from harness.bisect.search import SearchStatus
from harness.bisect.walk import walk
from tests.bisect.observations import PASS, SILENT, HistoryOracle, point

POINTS = [point(minor) for minor in range(9)]


def oracle_of(behaviours: Sequence[str]) -> HistoryOracle:
    return HistoryOracle({place.pair: each for place, each in zip(POINTS, behaviours, strict=True)})


def test_the_boundary_lies_between_two_neighbours() -> None:
    oracle = oracle_of([PASS] * 5 + ["ValueError"] * 4)
    found = walk(POINTS, Question(), oracle, workers=1, low=POINTS[0], high=POINTS[8])
    assert found.boundary is not None
    assert (found.boundary.old, found.boundary.new) == (POINTS[4], POINTS[5])
    assert found.boundary.before.words == "pass"
    assert found.boundary.after.words == "load-error ValueError"
    assert (found.boundary.silent, found.boundary.unasked) == ((), 0)
    assert len(found.asked) == oracle.probes < len(POINTS)


def test_only_points_between_the_bounds_are_asked() -> None:
    oracle = oracle_of([PASS, "KeyError"] + [PASS] * 3 + ["ValueError"] * 2 + [PASS, "KeyError"])
    found = walk(POINTS, Question(), oracle, workers=2, low=POINTS[2], high=POINTS[6], every=True)
    assert [place for place, _ in found.asked] == POINTS[2:7]
    assert found.boundary and found.boundary.new == POINTS[5]
    assert found.result.others == ()


def test_at_most_as_many_pairs_as_there_are_workers_are_asked_at_once() -> None:
    oracle = oracle_of([PASS] * 5 + ["ValueError"] * 4)
    walk(POINTS, Question(), oracle, workers=3, low=POINTS[0])
    assert max(len(pairs) for pairs in oracle.rounds) in (2, 3)


def test_points_without_a_result_are_part_of_the_boundary() -> None:
    oracle = oracle_of([PASS] * 3 + [SILENT] * 2 + ["ValueError"] * 4)
    found = walk(POINTS, Question(), oracle, workers=1, low=POINTS[0])
    assert found.boundary is not None
    assert (found.boundary.old, found.boundary.new) == (POINTS[2], POINTS[5])
    assert [place for place, _ in found.boundary.silent] == POINTS[3:5]


def test_what_the_oracle_knows_is_not_asked() -> None:
    oracle = oracle_of([PASS] * 5 + ["ValueError"] * 4)
    oracle.ask([place.pair for place in POINTS])
    found = walk(POINTS, Question(), oracle, workers=1)
    assert found.boundary and len(oracle.rounds) == 1


def test_without_a_change_there_is_no_boundary() -> None:
    found = walk(POINTS, Question(), oracle_of([PASS] * 9), workers=1, low=POINTS[0])
    assert found.boundary is None
    assert found.result.status is SearchStatus.SAME
