"""The first page: how the newest release does, and the history of every case at one look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from packaging.version import Version

from harness.kinds import severity
from harness.site.changelist import Change, listed
from harness.site.heat import Heat
from harness.site.source import WORDS, Source, render
from harness.views import View


@dataclass(frozen=True)
class Standing:
    """How one release does: its cells by outcome, and those of them that do not pass."""

    lineage: str
    keras: str
    pair: str
    tensorflow: str
    released: str
    counts: dict[str, int]
    failing: list[tuple[str, str, list[str]]]
    changes: list[Change]

    @property
    def applies(self) -> int:
        """How many cells apply."""
        return sum(self.counts.values()) - self.counts.get("unsupported", 0)


def front_page(source: Source, standings: Sequence[Standing], heats: Sequence[Heat]) -> str:
    """``index.html``; ``standings`` are those of the newest releases."""
    made = source.made
    return render(
        "front.html",
        "index.html",
        standings=standings,
        heats=heats,
        summaries={case.name: case.summary for case in source.cases},
        others=len(set(made.long["pair"]) - made.natural_pairs),
        cells=len(made.long),
        formats=list(made.long["format"].cat.categories),
    )


def newest_standing(view: View) -> Standing:
    """How the newest Keras release of a view does."""
    newest = str(max(map(Version, view.frame["keras"].unique())))
    return standing(view, newest, view.frame[view.frame["keras"] == newest])


def standing(view: View, keras: str, cells: pd.DataFrame) -> Standing:
    """How a release of a view does, and what changed in it; ``cells`` are its rows."""
    first = cells.iloc[0]
    counts = Counter(cells["outcome"])
    failing: dict[tuple[str, str], list[str]] = {}
    for case, name, outcome, label in cells[["case", "format", "outcome", "label"]].itertuples(
        index=False
    ):
        if severity(outcome) > 0:
            failing.setdefault((case, label), []).append(str(name))
    return Standing(
        view.lineage,
        keras,
        first["pair"],
        first["tensorflow"],
        first["released"],
        {outcome: counts[outcome] for outcome in WORDS if counts[outcome]}
        or {str(first["outcome"]): len(cells)},
        [(case, label, names) for (case, label), names in failing.items()],
        listed(view.changes[view.changes["to"] == keras]),
    )
