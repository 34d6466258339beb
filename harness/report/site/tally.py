"""The tally of a pair: how many of its cells have each outcome, and how many were never run.

Contracts, which are cells whose file a release should refuse to load, are counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from harness.analysis.change_kinds import severity
from harness.analysis.frames import has_key_in
from harness.analysis.outcomes import OUTCOME_MEANINGS
from harness.results.model import GOOD_OUTCOMES, PAIR_OUTCOMES, CellKey
from harness.results.signatures import Signature


@dataclass(frozen=True)
class Tally:
    """The number of cells by outcome, in the order of the legend.

    ``contract_counts`` are the files that should be refused, ``counts`` all other cells.
    ``unknown`` counts the cells that a natural pair lacks, ``not_run`` those that any other pair
    lacks, because a sample of the cells is enough for it. ``pair_failure`` says why the pair has
    no environment to run cells in; it is None if the pair has one.
    """

    counts: Mapping[str, int]
    contract_counts: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    pair_failure: Signature | None = None
    not_run: int = 0

    def number_of(self, *outcomes: str) -> int:
        """The number of cells that have one of these outcomes."""
        return sum(
            counts.get(outcome, 0)
            for counts in (self.counts, self.contract_counts)
            for outcome in outcomes
        )

    @property
    def passing(self) -> int:
        """The number of cells that pass."""
        return self.number_of("pass")

    @property
    def refused(self) -> int:
        """The number of files that are refused, as they should be."""
        return self.number_of("refused")

    @property
    def to_refuse(self) -> int:
        """The number of files that should be refused."""
        return sum(self.contract_counts.values()) - self.contract_counts.get("unsupported", 0)

    @property
    def good(self) -> int:
        """The number of cells in which the pair does what is right."""
        return self.number_of(*GOOD_OUTCOMES)

    @property
    def known(self) -> int:
        """The number of cells whose outcome is known."""
        return sum(self.counts.values()) + sum(self.contract_counts.values())

    @property
    def unsupported(self) -> int:
        """The number of cells that do not apply to the pair."""
        return self.number_of("unsupported")

    @property
    def applicable(self) -> int:
        """The number of known cells that apply to the pair."""
        return self.known - self.unsupported

    @property
    def failing(self) -> int:
        """The number of cells that apply and are not `good`."""
        return self.applicable - self.good

    @property
    def worst_outcome(self) -> str:
        """The worst outcome: that of the whole pair if it has one, empty if nothing is known."""
        if self.pair_failure:
            return self.pair_failure.outcome
        outcomes = (*self.counts, *self.contract_counts)
        applicable = (outcome for outcome in outcomes if outcome != "unsupported")
        return max(applicable, key=severity, default="")


def tally_by_pair(
    frame: pd.DataFrame,
    cells_per_pair: int,
    contracts: Collection[CellKey],
    natural_pairs: Collection[str],
) -> dict[str, Tally]:
    """The tally of every pair of a long table, by the id of the pair."""
    return {
        str(pair): _tally(rows, cells_per_pair, contracts, is_natural=pair in natural_pairs)
        for pair, rows in frame.groupby("pair", sort=False)
    }


def _tally(
    rows: pd.DataFrame, cells_per_pair: int, contracts: Collection[CellKey], *, is_natural: bool
) -> Tally:
    first = rows.iloc[0]
    if first["outcome"] in PAIR_OUTCOMES:
        return Tally({}, pair_failure=first["signature"])
    is_contract = has_key_in(rows, contracts)
    missing = cells_per_pair - len(rows)
    return Tally(
        _in_legend_order(rows.loc[~is_contract, "outcome"]),
        _in_legend_order(rows.loc[is_contract, "outcome"]),
        unknown=missing if is_natural else 0,
        not_run=0 if is_natural else missing,
    )


def _in_legend_order(outcomes: pd.Series[str]) -> dict[str, int]:
    """How often each outcome occurs."""
    counts = Counter(outcomes.tolist())
    return {outcome: counts[outcome] for outcome in OUTCOME_MEANINGS if counts[outcome]}
