"""A walk asks the oracle what the search wants to know, and turns numbers into points."""

from __future__ import annotations

from collections.abc import Sequence

from harness.bisect.question import Question
from harness.bisect.search import SearchStatus
from harness.bisect.walk import walk
from tests.bisect.observations import HANG, PASS, SILENT, SLOW, HastyOracle, HistoryOracle, point

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


def hasty_oracle_of(behaviours: Sequence[str]) -> HastyOracle:
    return HastyOracle({place.pair: each for place, each in zip(POINTS, behaviours, strict=True)})


def test_only_the_timeouts_next_to_a_change_are_confirmed() -> None:
    oracle = hasty_oracle_of([PASS] * 3 + [HANG] * 4 + ["ValueError"] * 2)
    found = walk(POINTS, Question(), oracle, workers=1, low=POINTS[0], every=True)
    assert found.boundary and found.boundary.new == POINTS[7]
    assert set(oracle.confirmed) == {POINTS[3].pair, POINTS[6].pair}
    assert [place for place, seen in found.asked if seen.provisional] == POINTS[4:6]


def test_a_single_hang_is_confirmed() -> None:
    oracle = hasty_oracle_of([PASS] * 4 + [HANG] + [PASS] * 4)
    found = walk(POINTS, Question(), oracle, workers=1, low=POINTS[0], every=True)
    assert found.boundary and found.boundary.old == POINTS[4]
    assert oracle.confirmed == [POINTS[4].pair]


def test_where_everything_hangs_both_bounds_are_confirmed() -> None:
    oracle = hasty_oracle_of([HANG] * 9)
    found = walk(POINTS, Question(), oracle, workers=1, low=POINTS[0])
    assert found.result.status is SearchStatus.SAME
    assert set(oracle.confirmed) == {POINTS[0].pair, POINTS[8].pair}


def test_a_timeout_that_a_confirmation_shows_to_be_wrong_changes_the_answer() -> None:
    """Taken for hangs, the slow releases hide where the hang really came in."""
    oracle = hasty_oracle_of([PASS] * 2 + [SLOW] * 5 + [HANG] * 2)
    found = walk(POINTS, Question("broken"), oracle, workers=1, low=POINTS[0])
    assert found.boundary is not None
    assert (found.boundary.old, found.boundary.new) == (POINTS[6], POINTS[7])
    assert not any(seen.provisional for _, seen in found.asked)
