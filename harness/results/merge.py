"""Merging: what several results of one pair say together, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import Cell, CellKey, Result
from harness.results.signatures import Signature, contrast, signature_of
from harness.results.validity import CodeDigests
from harness.util.errors import Fault
from harness.util.paths import RESULTS


class LocatedResult(NamedTuple):
    """A result, and where it was found in words."""

    result: Result
    where: str


class Contradiction(NamedTuple):
    """Two statements about a pair, or about one of its cells, and where each was found."""

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
    """Results of one pair that cannot be merged; the message names each contradiction."""

    def __init__(self, contradictions: Iterable[Contradiction]) -> None:
        super().__init__("\n".join(map(str, contradictions)))


def merge_results(
    results: Sequence[LocatedResult], digests: CodeDigests
) -> tuple[Result, list[Contradiction]]:
    """All that is known of one pair, and what contradicts it; earlier results take precedence.

    What other code made gives way to what the present code made: a result that is wholly outdated
    gives way to one that is not, and a cell of another digest to a cell of the present digest.
    Seconds differ between machines, and those of the first result are kept.
    """
    first = max(results, key=lambda each: _currency(each.result, digests))
    alike, contradictions = [], []
    for located in results:
        conflict = _environment_conflict(first, located)
        if conflict is None:
            alike.append(located)
        elif _currency(located.result, digests) == _currency(first.result, digests):
            contradictions.append(conflict)
    cells: dict[CellKey, Cell] = {}
    for key in sorted({key for located in alike for key in located.result.cells}):
        holders = [located for located in alike if key in located.result.cells]
        best = max(holders, key=lambda each: _precedence(each.result.cells[key], digests))
        cells[key] = best.result.cells[key]
        contradictions += _cell_conflicts(key, best, holders)
    return replace(first.result, cells=cells), contradictions


def merge_into_store(
    pair: Pair,
    others: Iterable[LocatedResult],
    digests: CodeDigests,
    folder: Path = RESULTS,
    replacing: Collection[CellKey] = (),
) -> None:
    """Merge other results into the stored result of a pair.

    ``replacing`` are cells that were asked for again; what is stored of them gives way.

    Raises:
        ContradictionError: the results contradict each other; nothing is written.
    """
    with store.lock(pair):
        try:
            stored = store.read_pair(pair, folder)
        except DamagedResult:
            stored = None  # the plan of the run has named it
        known = []
        if stored:
            kept = _without_cells(stored, replacing)
            known.append(LocatedResult(kept, str(store.path_of(pair, folder))))
        result, contradictions = merge_results([*known, *others], digests)
        if contradictions:
            raise ContradictionError(contradictions)
        if result != stored:
            store.write(result, folder)


def _without_cells(result: Result, keys: Collection[CellKey]) -> Result:
    """The result as if these cells had not been run; a pair outcome stands for all cells."""
    if result.outcome and keys:
        return Result(result.pair)
    kept = {key: cell for key, cell in result.cells.items() if key not in keys}
    return replace(result, cells=kept)


def _currency(result: Result, digests: CodeDigests) -> int:
    """2: the present code confirms something in it; 1: only other code does; 0: it is empty."""
    if result.outcome:
        return 2 if digests.confirms_outcome(result) else 1
    if any(digests.made(cell) for cell in result.cells.values()):
        return 2
    return 1 if result.cells else 0


def _precedence(cell: Cell, digests: CodeDigests) -> tuple[bool, bool, float]:
    """Orders versions of one cell: the present code first, then the version that knows more."""
    return digests.made(cell), cell.flaky is not None, cell.limit


def _environment_conflict(one: LocatedResult, other: LocatedResult) -> Contradiction | None:
    """Why two results of a pair cannot be merged, if they cannot."""
    left, right = one.result, other.result
    if left.outcome != right.outcome:
        statements = left.outcome or "cells", right.outcome or "cells"
    elif left.cells and right.cells and left.environment_key != right.environment_key:
        statements = _installed_only_in(left, right), _installed_only_in(right, left)
    else:
        return None
    return Contradiction(left.pair, "", "", *statements, (one.where, other.where))


def _installed_only_in(one: Result, other: Result) -> str:
    """The distributions of an environment that the other lacks."""
    alone = set(one.environment_key[1] or ()) - set(other.environment_key[1] or ())
    return f"installed {', '.join(sorted(alone)) or 'nothing more'}"


def _cell_conflicts(
    key: CellKey, best: LocatedResult, holders: Iterable[LocatedResult]
) -> Iterator[Contradiction]:
    """Where the same code found another behaviour of the same cell elsewhere."""
    cell = best.result.cells[key]
    for located in holders:
        other = located.result.cells[key]
        is_same = (other.outcome, other.error) == (cell.outcome, cell.error)
        if other.digest != cell.digest or is_same:
            continue  # signatures are slow to make
        behaviours = _behaviours(cell)
        if signature_of(other) not in behaviours:
            statements = contrast(behaviours[0], signature_of(other))
            places = (best.where, located.where)
            yield Contradiction(best.result.pair, *key, *statements, places)


def _behaviours(cell: Cell) -> list[Signature]:
    """The signature of a cell; for a flaky cell also that of the other run, which was a crash."""
    behaviours = [signature_of(cell)]
    if cell.flaky is not None:
        behaviours.append(signature_of(replace(cell, outcome="crash", error=cell.flaky)))
    return behaviours
