"""The tally of a pair: how many of its cells came to what, and how many are not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from harness.analysis.change_kinds import severity
from harness.analysis.histories import OUTCOME_MEANINGS
from harness.results.model import PAIR_OUTCOMES
from harness.results.signatures import Signature


@dataclass(frozen=True)
class Tally:
    """Cells by outcome, in the order of the legend.

    ``unknown`` are those that nobody has run; ``whole`` says why there is no
    environment to run any in, where there is none.
    """

    counts: Mapping[str, int]
    unknown: int = 0
    whole: Signature | None = None

    @property
    def passing(self) -> int:
        """How many cells pass."""
        return self.counts.get("pass", 0)

    @property
    def known(self) -> int:
        """How many cells are known."""
        return sum(self.counts.values())

    @property
    def applies(self) -> int:
        """How many of the known cells apply."""
        return self.known - self.counts.get("unsupported", 0)

    @property
    def worst(self) -> str:
        """The worst outcome; that of the whole pair, if it has one."""
        if self.whole:
            return self.whole.outcome
        return max((each for each in self.counts if severity(each) >= 0), key=severity, default="")


def _tally(rows: pd.DataFrame, cells: int) -> Tally:
    first = rows.iloc[0]
    if first["outcome"] in PAIR_OUTCOMES:
        return Tally({}, 0, first["signature"])
    counts = Counter(rows["outcome"])
    return Tally(
        {outcome: counts[outcome] for outcome in OUTCOME_MEANINGS if counts[outcome]},
        cells - len(rows),
    )


def tallies(frame: pd.DataFrame, cells: int) -> dict[str, Tally]:
    """The tally of every pair of a long table; ``cells`` is how many a pair can have."""
    return {str(pair): _tally(rows, cells) for pair, rows in frame.groupby("pair", sort=False)}
