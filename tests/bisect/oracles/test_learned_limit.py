"""The limit of a first run: what it is learned from, and when it is given up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.bisect.oracles.learned_limit import IMPORTS, LEAST, MEDIANS, LearnedLimit
from harness.results.model import Cell
from tests import recorded


def cell(seconds: float, limit: float = 0.0) -> Cell:
    return Cell("case", "keras", "timeout" if limit else "pass", "digest", seconds, limit)


@pytest.mark.parametrize(
    ("seconds", "first"),
    [
        ([], 60),  # nothing is known
        ([0.1, 0.4], LEAST),
        ([3.0], 3 * MEDIANS),
        ([53.7, 4.0], 4 * MEDIANS),  # the first one had to read TensorFlow from the disk
        ([2.0, 3.0, 4.0], 3 * MEDIANS),
        ([10.0], 60),  # two runs of 50 s would take longer than one of 60 s
    ],
)
def test_the_first_limit_is_a_multiple_of_the_median(
    seconds: Sequence[float], first: float
) -> None:
    limit = LearnedLimit(60)
    for each in seconds:
        limit.learn(cell(each))
    assert limit.first() == first


def test_a_run_that_may_import_tensorflow_itself_gets_the_time_for_it() -> None:
    limit = LearnedLimit(60)
    limit.learn(cell(0.3))  # on a fork server, which had imported TensorFlow
    assert (limit.first(), limit.first(with_imports=True)) == (LEAST, IMPORTS)


def test_a_short_limit_is_not_divided() -> None:
    limit = LearnedLimit(5)
    limit.learn(cell(0.1))
    assert limit.first() == 5


def test_timeouts_and_cells_that_did_nothing_teach_nothing() -> None:
    limit = LearnedLimit(60)
    limit.learn(cell(5.0, limit=5.0))
    limit.learn(cell(0.0))
    assert limit.first() == 60


def test_a_refuted_limit_is_given_up() -> None:
    limit = LearnedLimit(60)
    limit.learn(cell(1.0))
    assert limit.accepts(cell(5.0, limit=5.0)) and not limit.accepts(cell(4.0, limit=4.0))
    limit.refute()
    assert limit.first() == 60
    assert not limit.accepts(cell(5.0, limit=5.0))


def test_no_recorded_cell_would_be_cut_short() -> None:
    """For each recorded cell, the other pairs teach a limit that is long enough."""
    results = recorded.results()
    keys = {key for result in results for key in result.cells}
    for key in keys:
        cells = [result.cells[key] for result in results if key in result.cells]
        limit = LearnedLimit(60)
        for each in cells:
            limit.learn(each)
        assert all(each.limit or each.seconds <= limit.first() for each in cells)
