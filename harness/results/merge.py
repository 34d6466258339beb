"""Merge several results of one pair, and find where they contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import NO_INTERPRETER, Cell, CellKey, Result
from harness.results.signatures import Signature, contrast, signature_of
from harness.results.validity import CodeDigests
from harness.util.paths import RESULTS

#: A machine may be this many times slower than another before a timeout contradicts a cell that
#: ended there.
SLOWEST_MACHINE = 10.0


class LocatedResult(NamedTuple):
    """A result, and a description of the place where it was found."""

    result: Result
    where: str


class LocatedCell(NamedTuple):
    """A version of a cell, and a description of the place where it was found."""

    cell: Cell
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


class StoreMerge(NamedTuple):
    """The outcome of merging into the store.

    ``changed`` says whether the stored result is another one now. ``damage`` is the error of a
    stored file that could not be trusted, and was replaced.
    """

    changed: bool
    contradictions: list[Contradiction]
    damage: DamagedResult | None = None


def merge_results(
    results: Sequence[LocatedResult], digests: CodeDigests
) -> tuple[Result, list[Contradiction]]:
    """Return all that is known about one pair, and the contradictions between its results.

    What the present code made takes precedence over what other code made, both for a whole result
    and for each cell; otherwise earlier results take precedence over later ones. So where two
    contradict each other, the earlier stays. Different seconds are no contradiction, since they
    depend on the machine.
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
        versions = [
            LocatedCell(located.result.cells[key], located.where)
            for located in compatible
            if key in located.result.cells
        ]
        best, others = _best_version(versions, digests)
        cells[key] = best.cell
        contradictions += [_contradiction(first.result.pair, best, other) for other in others]
    return replace(first.result, cells=cells), contradictions


def merge_into_store(
    pair: Pair,
    others: Iterable[LocatedResult],
    digests: CodeDigests,
    folder: Path = RESULTS,
    replacing: Collection[CellKey] = (),
) -> StoreMerge:
    """Merge other results into the stored result of a pair.

    ``replacing`` are the cells that were run again: what is stored about them counts only where
    nothing has been merged in its place.
    """
    with store.lock(pair):
        stored, damage = None, None
        try:
            stored = store.read_pair(pair, folder)
        except DamagedResult as error:
            damage = error
        results = list(others)
        if stored:
            kept = _without_cells(stored, replacing)
            results.insert(0, LocatedResult(kept, str(store.path_of(pair, folder))))
        result, contradictions = merge_results(results, digests)
        if stored and not _are_incompatible(stored, result):
            result = replace(result, cells={**stored.cells, **result.cells})
        changed = result != stored
        if changed:
            store.write(result, folder)
    return StoreMerge(changed, contradictions, damage)


def _without_cells(result: Result, keys: Collection[CellKey]) -> Result:
    """Return the result as if these cells had not been run; a pair's outcome covers them all."""
    if result.outcome and keys:
        return Result(result.pair)
    kept = {key: cell for key, cell in result.cells.items() if key not in keys}
    return replace(result, cells=kept)


def _currency(result: Result, digests: CodeDigests) -> int:
    """Rank a result: 3 if the present code made any of it, 2 if only other code.

    It is 1 where only an interpreter is missing, and 0 if the result is empty.
    """
    if result.outcome == NO_INTERPRETER:
        return 1
    if result.outcome:
        return 3 if digests.confirms_outcome(result) else 2
    if any(digests.made(cell) for cell in result.cells.values()):
        return 3
    return 2 if result.cells else 0


def _environment_conflict(one: LocatedResult, other: LocatedResult) -> Contradiction | None:
    """Return why two results of a pair cannot be merged, or None if they can."""
    left, right = one.result, other.result
    if not _are_incompatible(left, right):
        return None
    if left.outcome != right.outcome:
        statements = left.outcome or "cells", right.outcome or "cells"
    else:
        statements = _installed_only_in(left, right), _installed_only_in(right, left)
    return Contradiction(left.pair, "", "", *statements, (one.where, other.where))


def _are_incompatible(one: Result, other: Result) -> bool:
    """Whether two results differ in the outcome of the pair, or have cells of two environments."""
    if one.outcome != other.outcome:
        return True
    return bool(one.cells and other.cells) and one.environment_key != other.environment_key


def _installed_only_in(one: Result, other: Result) -> str:
    """Name the distributions of an environment that the other one lacks."""
    extra = set(one.environment_key[1] or ()) - set(other.environment_key[1] or ())
    return f"installed {', '.join(sorted(extra)) or 'nothing more'}"


def _best_version(
    versions: Sequence[LocatedCell], digests: CodeDigests
) -> tuple[LocatedCell, list[LocatedCell]]:
    """Return the version of a cell that stays, and those of the same code that contradict it.

    It is the first one, unless another agrees with it and knows more.
    """
    first = next((version for version in versions if digests.made(version.cell)), versions[0])
    comparable = [version for version in versions if version.cell.digest == first.cell.digest]
    agreeing = [version for version in comparable if _agree(first.cell, version.cell)]
    best = max(agreeing, key=lambda version: _knowledge(version.cell))
    return best, [version for version in comparable if not _agree(best.cell, version.cell)]


def _knowledge(cell: Cell) -> tuple[bool, bool, float]:
    """Order versions of one cell that agree by how much they know."""
    has_ended = cell.outcome != "timeout"
    return cell.flaky is not None, has_ended, cell.limit


def _agree(one: Cell, other: Cell) -> bool:
    """Whether two versions of a cell by the same code can both be right."""
    if (one.outcome, one.error) == (other.outcome, other.error):
        return True  # making signatures is slow
    if _was_too_slow(one, other) or _was_too_slow(other, one):
        return True
    return signature_of(one) in _signatures(other) or signature_of(other) in _signatures(one)


def _contradiction(pair: Pair, one: LocatedCell, other: LocatedCell) -> Contradiction:
    statements = contrast(signature_of(one.cell), signature_of(other.cell))
    return Contradiction(pair, *one.cell.key, *statements, (one.where, other.where))


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
