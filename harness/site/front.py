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


def front_page(source: Source, heats: Sequence[Heat], summaries: dict[str, str]) -> str:
    """``index.html``."""
    views = [view for view in source.made.natural.values() if not view.frame.empty]
    pairs = set(source.made.long["pair"])
    natural = {pair for view in views for pair in view.frame["pair"]}
    return render(
        "front.html",
        "index.html",
        standings=[newest_standing(view) for view in views],
        heats=heats,
        summaries=summaries,
        others=len(pairs - natural),
        cells=len(source.made.long),
        formats=list(source.made.long["format"].cat.categories),
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
