"""Join: what several results of one pair say together, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from harness.releases.pair_rules import Pair
from harness.results import store as results
from harness.results.signatures import Signature, contrast, signature_of
from harness.results.store import Cell, CellKey, DamagedResult, Result
from harness.util.errors import Fault
from harness.util.paths import RESULTS

#: The digest of each present case, by name.
Digests = Mapping[str, str]


class LocatedResult(NamedTuple):
    """A result, and where it was found in words."""

    result: Result
    where: str


class Contradiction(NamedTuple):
    """Two things said of a pair, or with a case of a cell of it, and where each was found."""

    pair: Pair
    case: str
    format: str
    one: str
    other: str
    places: tuple[str, str]

    def __str__(self) -> str:
        named = " ".join(filter(None, (self.pair.id, self.case, self.format)))
        return f"{named}: {self.one} in {self.places[0]}, {self.other} in {self.places[1]}"


class ContradictionError(Fault):
    """Results of one pair that cannot be united; the message names each contradiction."""

    def __init__(self, contradictions: Iterable[Contradiction]) -> None:
        super().__init__("\n".join(map(str, contradictions)))


def merge_results(
    found: Sequence[LocatedResult], digests: Digests
) -> tuple[Result, list[Contradiction]]:
    """All that is known of one pair, and what contradicts it; the first one's word comes first.

    What other code made gives way to what the present code made: a result in which nothing counts
    any more to one in which something does, a cell of another digest to one of the present digest.
    Seconds differ between machines; those of the first stay.
    """
    first = max(found, key=lambda each: _standing(each.result, digests))
    alike, contradictions = [], []
    for each in found:
        apart = _environments_apart(first, each)
        if apart is None:
            alike.append(each)
        elif _standing(each.result, digests) == _standing(first.result, digests):
            contradictions.append(apart)
    cells: dict[CellKey, Cell] = {}
    for key in sorted({key for each in alike for key in each.result.cells}):
        holders = [each for each in alike if key in each.result.cells]
        best = max(holders, key=lambda each: _worth(each.result.cells[key], digests))
        cells[key] = best.result.cells[key]
        contradictions += _cells_apart(key, best, holders)
    return replace(first.result, cells=cells), contradictions


def merge_into_store(
    pair: Pair,
    others: Iterable[LocatedResult],
    digests: Digests,
    folder: Path = RESULTS,
    anew: Collection[CellKey] = (),
) -> None:
    """Join others into the stored result of a pair.

    ``anew`` are cells that were asked for again, and whose stored form gives way.

    Raises:
        Contradicted: they contradict each other; nothing is written.
    """
    with results.lock(pair):
        try:
            stored = results.read_pair(pair, folder)
        except DamagedResult:
            stored = None  # whoever planned this has named it
        known = (
            [LocatedResult(_without(stored, anew), str(results.path_of(pair, folder)))]
            if stored
            else []
        )
        result, contradictions = merge_results([*known, *others], digests)
        if contradictions:
            raise ContradictionError(contradictions)
        if result != stored:
            results.write(result, folder)


def _without(result: Result, keys: Collection[CellKey]) -> Result:
    """The result as if these cells had not been run; the outcome of a pair stands for all cells."""
    if result.outcome and keys:
        return Result(result.pair)
    kept = {key: cell for key, cell in result.cells.items() if key not in keys}
    return replace(result, cells=kept)


def _standing(result: Result, digests: Digests) -> int:
    """2: something in it is known by the present code; 1: was known by other code; 0: empty."""
    if result.outcome:
        return 2 if result.outcome_lasts else 1
    if any(_is_current(cell, digests) for cell in result.cells.values()):
        return 2
    return 1 if result.cells else 0


def _is_current(cell: Cell, digests: Digests) -> bool:
    return cell.digest == digests.get(cell.case)


def _worth(cell: Cell, digests: Digests) -> tuple[bool, bool, float]:
    """Orders what is said of one cell: the present code first, then what knows more."""
    return _is_current(cell, digests), cell.flaky is not None, cell.limit


def _environments_apart(one: LocatedResult, other: LocatedResult) -> Contradiction | None:
    """What makes two results of a pair ones that cannot be united, if anything does."""
    mine, yours = one.result, other.result
    if mine.outcome != yours.outcome:
        told = mine.outcome or "cells", yours.outcome or "cells"
    elif mine.cells and yours.cells and mine.environment_key != yours.environment_key:
        told = _more_than(mine, yours), _more_than(yours, mine)
    else:
        return None
    return Contradiction(mine.pair, "", "", *told, (one.where, other.where))


def _more_than(one: Result, other: Result) -> str:
    """The distributions of an environment that another has not."""
    alone = set(one.environment_key[1] or ()) - set(other.environment_key[1] or ())
    return f"installed {', '.join(sorted(alone)) or 'nothing more'}"


def _cells_apart(
    key: CellKey, best: LocatedResult, holders: Iterable[LocatedResult]
) -> Iterator[Contradiction]:
    """What the same code made of a cell elsewhere that is another behaviour."""
    cell = best.result.cells[key]
    for each in holders:
        other = each.result.cells[key]
        if other.digest != cell.digest or (other.outcome, other.error) == (
            cell.outcome,
            cell.error,
        ):
            continue  # signatures are slow to make
        behaviours = _behaviours(cell)
        if signature_of(other) not in behaviours:
            told = contrast(behaviours[0], signature_of(other))
            yield Contradiction(best.result.pair, *key, *told, (best.where, each.where))


def _behaviours(cell: Cell) -> list[Signature]:
    """The signature of a cell and, of a flaky one, that of the other time, which was a crash."""
    other_time = replace(cell, outcome="crash", error=cell.flaky)
    return [signature_of(cell)] + [signature_of(other_time)] * (cell.flaky is not None)
