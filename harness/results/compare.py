"""Compare two runs of the same pairs: did they find the same behaviour?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.results.model import CellKey, Result
from harness.results.signatures import RUNS, Signature, contrast, signature_of


class ResultDifference(NamedTuple):
    """A cell that has another signature in each run; a whole pair if the case is empty."""

    pair: str
    case: str
    format: str
    one: Signature
    other: Signature

    def __str__(self) -> str:
        subject = " ".join(filter(None, (self.pair, self.case, self.format)))
        return f"{subject}: {' / '.join(contrast(self.one, self.other))}"


class ResultComparison(NamedTuple):
    """How many cells were compared, and which of them differ."""

    cells: int
    differences: Sequence[ResultDifference]


def compare_results(
    ones: Iterable[Result], others: Iterable[Result], *, any_code: bool = False
) -> ResultComparison:
    """Compare the cells that are known in both runs.

    Cells whose case or runner had other code are compared only with ``any_code``, which shows
    whether a change of that code had unintended effects.
    """
    by_pair = {result.pair: result for result in others}
    cells = 0
    differences: list[ResultDifference] = []
    for one in ones:
        if (other := by_pair.get(one.pair)) is not None:
            keys = _comparable(one, other, any_code)
            cells += len(keys)
            differences += _differences(one, other, keys)
    return ResultComparison(cells, differences)


def cells_of_other_code(ones: Iterable[Result], others: Iterable[Result]) -> int:
    """Return how many cells are left out of `compare_results` unless ``any_code`` is set."""
    by_pair = {result.pair: result for result in others}
    return sum(
        len(_comparable(one, other, any_code=True)) - len(_comparable(one, other, any_code=False))
        for one in ones
        if (other := by_pair.get(one.pair)) is not None
    )


def _comparable(one: Result, other: Result, any_code: bool) -> list[CellKey]:
    """Return the keys of the cells that both results hold and that may be compared."""
    common = sorted(one.cells.keys() & other.cells.keys())
    return [key for key in common if any_code or one.cells[key].digest == other.cells[key].digest]


def _differences(one: Result, other: Result, keys: Iterable[CellKey]) -> Iterator[ResultDifference]:
    if one.outcome != other.outcome:
        signatures = Signature(one.outcome or RUNS), Signature(other.outcome or RUNS)
        yield ResultDifference(one.pair.id, "", "", *signatures)
    for key in keys:
        signatures = signature_of(one.cells[key]), signature_of(other.cells[key])
        if signatures[0] != signatures[1]:
            yield ResultDifference(one.pair.id, *key, *signatures)
