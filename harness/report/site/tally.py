"""The tally of a pair: how many of its cells have each outcome, and how many were never run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from harness.analysis.change_kinds import severity
from harness.analysis.histories import OUTCOME_MEANINGS
from harness.results.model import PAIR_OUTCOMES
from harness.results.signatures import Signature


@dataclass(frozen=True)
class Tally:
    """The number of cells by outcome, in the order of the legend.

    ``unknown`` counts the cells that a natural pair lacks, ``not_run`` those that any other pair
    lacks, because a sample of the cells is enough for it. ``pair_failure`` says why the pair has
    no environment to run cells in; it is None if the pair has one.
    """

    counts: Mapping[str, int]
    unknown: int = 0
    pair_failure: Signature | None = None
    not_run: int = 0

    @property
    def passing(self) -> int:
        """The number of cells that pass."""
        return self.counts.get("pass", 0)

    @property
    def known(self) -> int:
        """The number of cells whose outcome is known."""
        return sum(self.counts.values())

    @property
    def unsupported(self) -> int:
        """The number of cells that do not apply to the pair."""
        return self.counts.get("unsupported", 0)

    @property
    def applicable(self) -> int:
        """The number of known cells that apply to the pair."""
        return self.known - self.unsupported

    @property
    def failing(self) -> int:
        """The number of cells that apply and do not pass."""
        return self.applicable - self.passing

    @property
    def worst_outcome(self) -> str:
        """The worst outcome: that of the whole pair if it has one, empty if nothing is known."""
        if self.pair_failure:
            return self.pair_failure.outcome
        applicable = (outcome for outcome in self.counts if outcome != "unsupported")
        return max(applicable, key=severity, default="")


def tally_by_pair(
    frame: pd.DataFrame, cells_per_pair: int, natural_pairs: Collection[str]
) -> dict[str, Tally]:
    """The tally of every pair of a long table, by the id of the pair."""
    return {
        str(pair): _tally(rows, cells_per_pair, is_natural=pair in natural_pairs)
        for pair, rows in frame.groupby("pair", sort=False)
    }


def _tally(rows: pd.DataFrame, cells_per_pair: int, *, is_natural: bool) -> Tally:
    first = rows.iloc[0]
    if first["outcome"] in PAIR_OUTCOMES:
        return Tally({}, pair_failure=first["signature"])
    counts = Counter(rows["outcome"])
    in_legend_order = {outcome: counts[outcome] for outcome in OUTCOME_MEANINGS if counts[outcome]}
    missing = cells_per_pair - len(rows)
    if is_natural:
        return Tally(in_legend_order, unknown=missing)
    return Tally(in_legend_order, not_run=missing)
