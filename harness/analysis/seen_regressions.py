"""Seen regressions: cells that turn out worse than those of a neighbouring pair during a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from packaging.version import Version

from harness.analysis.change_kinds import ChangeKind, kind_of
from harness.releases.branches import ReleaseBranches
from harness.releases.pair import LINEAGES, Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import CellKey, Result
from harness.results.signatures import Signature, contrast, signature_of
from harness.results.validity import CodeDigests


class SeenRegression(NamedTuple):
    """A cell of ``pair`` that is worse than the same cell of ``baseline``."""

    pair: Pair
    baseline: Pair
    key: CellKey
    before: Signature
    after: Signature

    def __str__(self) -> str:
        before, after = contrast(self.before, self.after)
        case, format_name = self.key
        return (
            f"regression in {self.pair.id}: {case} ({format_name}) is {after}; "
            f"it is {before} in {self.baseline.id}"
        )


class RegressionFinder:
    """Compares each cell of a run, as soon as it is known, with that of its baseline.

    A regression that the stored result of the pair already showed before the run is not reported,
    even if other code made that result. Only cells that the present code made are compared.
    """

    def __init__(
        self, baselines: Mapping[Pair, Pair], stored: Iterable[Result], digests: CodeDigests
    ) -> None:
        self._baselines = baselines
        self._compared_with: dict[Pair, list[Pair]] = {}
        for pair, baseline in baselines.items():
            self._compared_with.setdefault(baseline, []).append(pair)
        self._known: dict[Pair, dict[CellKey, Signature]] = {}
        self._outcome_before: dict[tuple[Pair, CellKey], str] = {}
        for result in stored:
            for key, cell in result.cells.items():
                self._outcome_before[result.pair, key] = cell.outcome
                if digests.made(cell):
                    self._known.setdefault(result.pair, {})[key] = signature_of(cell)

    def take(self, pair: Pair, key: CellKey, signature: Signature) -> list[SeenRegression]:
        """Take note of a cell, and return the regressions that it reveals.

        The cell can be worse than its baseline, or be the baseline of another that is worse.
        """
        self._known.setdefault(pair, {})[key] = signature
        return [
            regression
            for newer in (pair, *self._compared_with.get(pair, ()))
            if (regression := self._regression(newer, key))
        ]

    def _regression(self, pair: Pair, key: CellKey) -> SeenRegression | None:
        """The regression of a cell; None if there is none, or if it was known before."""
        baseline = self._baselines.get(pair)
        after = self._known.get(pair, {}).get(key)
        if baseline is None or after is None:
            return None
        before = self._known.get(baseline, {}).get(key)
        if before is None or self._outcome_before.get((pair, key)) == after.outcome:
            return None
        if before == after or kind_of(before, after) is not ChangeKind.REGRESSION:
            return None
        return SeenRegression(pair, baseline, key, before, after)


def neighbours(pairs: Iterable[Pair], stored: Iterable[Pair], rules: PairRules) -> dict[Pair, Pair]:
    """Return for each pair the one to compare it with, if there is one among both.

    For a natural pair that is the natural pair of the release before it, for any other the natural
    pair of its own release.
    """
    wanted = list(pairs)
    available = {*wanted, *stored}
    found: dict[Pair, Pair] = {}
    for lineage in LINEAGES:
        natural = {pair.keras: pair for pair in rules.natural(lineage) if pair in available}
        branches = ReleaseBranches(natural, rules.catalogue, lineage)
        for pair in wanted:
            if pair.lineage == lineage and (other := _neighbour(pair, natural, branches)):
                found[pair] = other
    return found


def _neighbour(
    pair: Pair, natural: Mapping[Version, Pair], branches: ReleaseBranches
) -> Pair | None:
    own = natural.get(pair.keras)
    if own is None or own != pair:
        return own
    predecessor = branches.predecessor(pair.keras)
    return natural[predecessor] if predecessor else None
