"""Comparing two runs of the same pairs: whether they found the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.results.model import CellKey, Result
from harness.results.signatures import RUNS, Signature, contrast, signature_of


class ResultDifference(NamedTuple):
    """A cell, or with an empty case a whole pair, with a different signature in each run."""

    pair: str
    case: str
    format: str
    one: Signature
    other: Signature

    def __str__(self) -> str:
        named = " ".join(filter(None, (self.pair, self.case, self.format)))
        return f"{named}: {' / '.join(contrast(self.one, self.other))}"


class ResultComparison(NamedTuple):
    """How many cells both runs know, and where they differ."""

    cells: int
    differences: Sequence[ResultDifference]


def compare_results(
    ones: Iterable[Result], others: Iterable[Result], *, any_code: bool = False
) -> ResultComparison:
    """Compare the cells that both runs know.

    Cells made by different code of a case or of the runner are compared only with ``any_code``,
    which shows whether a change of code changed more than was meant.
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


def _comparable(one: Result, other: Result, any_code: bool) -> list[CellKey]:
    both = sorted(one.cells.keys() & other.cells.keys())
    return [key for key in both if any_code or one.cells[key].digest == other.cells[key].digest]


def _differences(one: Result, other: Result, keys: Iterable[CellKey]) -> Iterator[ResultDifference]:
    if one.outcome != other.outcome:
        signatures = Signature(one.outcome or RUNS), Signature(other.outcome or RUNS)
        yield ResultDifference(one.pair.id, "", "", *signatures)
    for key in keys:
        signatures = signature_of(one.cells[key]), signature_of(other.cells[key])
        if signatures[0] != signatures[1]:
            yield ResultDifference(one.pair.id, *key, *signatures)
