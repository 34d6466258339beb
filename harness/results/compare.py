"""Agreement: whether two runs of the same pairs, made apart, say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.results.signatures import Signature, signature_of
from harness.results.store import CellKey, Result


class ResultDifference(NamedTuple):
    """A cell, or with an empty case a whole pair, that came to two different signatures."""

    pair: str
    case: str
    format: str
    one: Signature
    other: Signature


def differences(
    ones: Iterable[Result], others: Iterable[Result], *, any_code: bool = False
) -> Iterator[ResultDifference]:
    """Every cell that both runs know and that they do not agree on.

    Cells made by different code of a case or the runner are compared only with ``any_code``: to see
    whether a change of code changed more than was meant.
    """
    for one, other in _of_one_pair(ones, others):
        if one.outcome != other.outcome:
            signatures = Signature(one.outcome or "pass"), Signature(other.outcome or "pass")
            yield ResultDifference(one.pair.id, "", "", *signatures)
        for key in _comparable(one, other, any_code):
            signatures = signature_of(one.cells[key]), signature_of(other.cells[key])
            if signatures[0] != signatures[1]:
                yield ResultDifference(one.pair.id, *key, *signatures)


def count_compared(
    ones: Iterable[Result], others: Iterable[Result], *, any_code: bool = False
) -> int:
    """How many cells both runs know, made by the same code unless ``any_code``."""
    both = _of_one_pair(ones, others)
    return sum(len(_comparable(one, other, any_code)) for one, other in both)


def _of_one_pair(
    ones: Iterable[Result], others: Iterable[Result]
) -> Iterator[tuple[Result, Result]]:
    by_pair = {result.pair: result for result in others}
    return ((one, by_pair[one.pair]) for one in ones if one.pair in by_pair)


def _comparable(one: Result, other: Result, any_code: bool) -> list[CellKey]:
    both = sorted(one.cells.keys() & other.cells.keys())
    return [key for key in both if any_code or one.cells[key].digest == other.cells[key].digest]
