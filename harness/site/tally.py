"""The tally of a pair: how many of its cells came to what, and how many are not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from harness.kinds import severity
from harness.results import PAIR_OUTCOMES
from harness.signatures import Signature
from harness.table import only_cells
from harness.views import WORDS


@dataclass(frozen=True)
class Tally:
    """Cells by outcome, in the order of the legend.

    ``unknown`` are those that other pairs have and this one has not; ``whole`` says why there is no
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
    def applies(self) -> int:
        """How many of the known cells apply."""
        return sum(self.counts.values()) - self.counts.get("unsupported", 0)

    @property
    def worst(self) -> str:
        """The worst outcome; that of the whole pair, if it has one."""
        if self.whole:
            return self.whole.outcome
        return max((each for each in self.counts if severity(each) >= 0), key=severity, default="")


def tally(rows: pd.DataFrame, known: int) -> Tally:
    """The tally of the rows of one pair; ``known`` is how many cells are known of any pair."""
    first = rows.iloc[0]
    if first["outcome"] in PAIR_OUTCOMES:
        return Tally({}, 0, first["signature"])
    counts = Counter(rows["outcome"])
    return Tally(
        {outcome: counts[outcome] for outcome in WORDS if counts[outcome]}, known - len(rows)
    )


def tallies(frame: pd.DataFrame) -> dict[str, Tally]:
    """The tally of every pair of a long table."""
    known = len(only_cells(frame)[["case", "format"]].drop_duplicates())
    return {str(pair): tally(rows, known) for pair, rows in frame.groupby("pair", sort=False)}
