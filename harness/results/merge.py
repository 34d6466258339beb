"""Merge several results of one pair, and find where they contradict each other."""

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

#: A machine may be this many times slower than another before a timeout contradicts a cell that
#: ended there.
SLOWEST_MACHINE = 10.0


class LocatedResult(NamedTuple):
    """A result, and a description of the place where it was found."""

    result: Result
    where: str


class Contradiction(NamedTuple):
    """Two statements about a pair or about one of its cells, and the place of each.

    Case and format are empty in statements about the pair.
    """

    pair: Pair
    case: str
    format: str
    one: str
    other: str
    places: tuple[str, str]

    def __str__(self) -> str:
        subject = " ".join(filter(None, (self.pair.id, self.case, self.format)))
        return f"{subject}: {self.one} in {self.places[0]}, {self.other} in {self.places[1]}"


class ContradictionError(Fault):
    """Results of one pair that cannot be merged; the message names each contradiction."""

    def __init__(self, contradictions: Iterable[Contradiction]) -> None:
        super().__init__("\n".join(map(str, contradictions)))


def merge_results(
    results: Sequence[LocatedResult], digests: CodeDigests
) -> tuple[Result, list[Contradiction]]:
    """Return all that is known about one pair, and the contradictions between its results.

    What the present code made takes precedence over what other code made, both for a whole result
    and for each cell; otherwise earlier results take precedence over later ones. Different seconds
    are no contradiction, since they depend on the machine.
    """
    first = max(results, key=lambda located: _currency(located.result, digests))
    compatible, contradictions = [], []
    for located in results:
        conflict = _environment_conflict(first, located)
        if conflict is None:
            compatible.append(located)
        elif _currency(located.result, digests) == _currency(first.result, digests):
            contradictions.append(conflict)
    cells: dict[CellKey, Cell] = {}
    for key in sorted({key for located in compatible for key in located.result.cells}):
        holders = [located for located in compatible if key in located.result.cells]
        best = max(holders, key=lambda located: _precedence(located.result.cells[key], digests))
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

    ``replacing`` are the cells that were run again: what is stored about them is dropped first.

    Raises:
        ContradictionError: the results contradict each other; nothing is written.
    """
    with store.lock(pair):
        try:
            stored = store.read_pair(pair, folder)
        except DamagedResult:
            stored = None  # the plan of the run has already named the file
        results = list(others)
        if stored:
            kept = _without_cells(stored, replacing)
            results.insert(0, LocatedResult(kept, str(store.path_of(pair, folder))))
        result, contradictions = merge_results(results, digests)
        if contradictions:
            raise ContradictionError(contradictions)
        if result != stored:
            store.write(result, folder)


def _without_cells(result: Result, keys: Collection[CellKey]) -> Result:
    """Return the result as if these cells had not been run; a pair outcome covers every cell."""
    if result.outcome and keys:
        return Result(result.pair)
    kept = {key: cell for key, cell in result.cells.items() if key not in keys}
    return replace(result, cells=kept)


def _currency(result: Result, digests: CodeDigests) -> int:
    """Rank a result: 2 if the present code made any of it, 1 if only other code, 0 if empty."""
    if result.outcome:
        return 2 if digests.confirms_outcome(result) else 1
    if any(digests.made(cell) for cell in result.cells.values()):
        return 2
    return 1 if result.cells else 0


def _precedence(cell: Cell, digests: CodeDigests) -> tuple[bool, bool, bool, float]:
    """Order versions of one cell: first by the present code, then by how much they know."""
    has_ended = cell.outcome != "timeout"
    return digests.made(cell), cell.flaky is not None, has_ended, cell.limit


def _environment_conflict(one: LocatedResult, other: LocatedResult) -> Contradiction | None:
    """Return why two results of a pair cannot be merged, or None if they can."""
    left, right = one.result, other.result
    if left.outcome != right.outcome:
        statements = left.outcome or "cells", right.outcome or "cells"
    elif left.cells and right.cells and left.environment_key != right.environment_key:
        statements = _installed_only_in(left, right), _installed_only_in(right, left)
    else:
        return None
    return Contradiction(left.pair, "", "", *statements, (one.where, other.where))


def _installed_only_in(one: Result, other: Result) -> str:
    """Name the distributions of an environment that the other one lacks."""
    extra = set(one.environment_key[1] or ()) - set(other.environment_key[1] or ())
    return f"installed {', '.join(sorted(extra)) or 'nothing more'}"


def _cell_conflicts(
    key: CellKey, best: LocatedResult, holders: Iterable[LocatedResult]
) -> Iterator[Contradiction]:
    """Find the places where the same code found another behaviour of this cell."""
    cell = best.result.cells[key]
    for located in holders:
        other = located.result.cells[key]
        is_same = (other.outcome, other.error) == (cell.outcome, cell.error)
        if other.digest != cell.digest or is_same or _was_too_slow(other, cell):
            continue  # making signatures is slow
        signatures = _signatures(cell)
        if signature_of(other) not in signatures:
            statements = contrast(signatures[0], signature_of(other))
            places = (best.where, located.where)
            yield Contradiction(best.result.pair, *key, *statements, places)


def _was_too_slow(timeout: Cell, ended: Cell) -> bool:
    """Whether a timeout only says that a machine was too slow for a cell that ended elsewhere."""
    if timeout.outcome != "timeout" or ended.outcome == "timeout":
        return False
    return timeout.limit < SLOWEST_MACHINE * ended.seconds


def _signatures(cell: Cell) -> list[Signature]:
    """Return the signature of a cell; for a flaky cell also that of its other run, a crash."""
    signatures = [signature_of(cell)]
    if cell.flaky is not None:
        signatures.append(signature_of(replace(cell, outcome="crash", error=cell.flaky)))
    return signatures
