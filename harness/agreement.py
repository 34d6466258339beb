"""Agreement: whether two runs of the same pairs, made apart, say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.results import Result
from harness.signatures import Signature, signature_of


class Disagreement(NamedTuple):
    """A cell, or with an empty case a whole pair, that came to two different signatures."""

    pair: str
    case: str
    format: str
    one: Signature
    other: Signature


def disagreements(ones: Iterable[Result], others: Iterable[Result]) -> Iterator[Disagreement]:
    """Every cell that both runs know and that they do not agree on.

    Cells made by different code of a case are not compared: a difference would say nothing.
    """
    by_pair = {result.pair: result for result in others}
    for one in ones:
        other = by_pair.get(one.pair)
        if other is None:
            continue
        if one.outcome != other.outcome:
            signatures = Signature(one.outcome or "pass"), Signature(other.outcome or "pass")
            yield Disagreement(one.pair.id, "", "", *signatures)
        for key in sorted(one.cells.keys() & other.cells.keys()):
            if one.cells[key].digest != other.cells[key].digest:
                continue
            signatures = signature_of(one.cells[key]), signature_of(other.cells[key])
            if signatures[0] != signatures[1]:
                yield Disagreement(one.pair.id, *key, *signatures)


def compared(ones: Iterable[Result], others: Iterable[Result]) -> int:
    """How many cells both runs know, made by the same code."""
    by_pair = {result.pair: result for result in others}
    return sum(
        cell.digest == other.digest
        for result in ones
        if result.pair in by_pair
        for key, cell in result.cells.items()
        if (other := by_pair[result.pair].cells.get(key)) is not None
    )
