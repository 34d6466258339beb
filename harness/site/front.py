"""The first page: how the newest release does, and the history of every case at one look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from packaging.version import Version

from harness.kinds import severity
from harness.results import PAIR_OUTCOMES
from harness.site.changelist import Change, listed
from harness.site.heat import Heat
from harness.site.source import Source, render
from harness.site.tally import Tally
from harness.views import View


@dataclass(frozen=True)
class Standing:
    """How one release does: the tally of its pair, and those of its cells that do not pass."""

    lineage: str
    keras: str
    pair: str
    tensorflow: str
    released: str
    tally: Tally
    failing: list[tuple[str, str, str, list[str]]]
    changes: list[Change]


def front_page(source: Source, standings: Sequence[Standing], heats: Sequence[Heat]) -> str:
    """``index.html``; ``standings`` are those of the newest releases."""
    made = source.made
    tallies = source.tallies.values()
    return render(
        "front.html",
        "index.html",
        standings=standings,
        heats=heats,
        legend=source.legend,
        summaries={case.name: case.summary for case in source.cases},
        others=len(set(made.long["pair"]) - made.natural_pairs),
        cells=sum(each.applies for each in tallies),
        unsupported=sum(each.counts.get("unsupported", 0) for each in tallies),
        formats=list(made.long["format"].cat.categories),
    )


def newest_standing(source: Source, view: View) -> Standing:
    """How the newest Keras release of a view does."""
    newest = str(max(map(Version, view.frame["keras"].unique())))
    return standing(source, view, newest, view.frame[view.frame["keras"] == newest])


def standing(source: Source, view: View, keras: str, rows: pd.DataFrame) -> Standing:
    """How a release of a view does, and what changed in it; ``rows`` are its own of the view."""
    first = rows.iloc[0]
    failing: dict[tuple[str, str, str], list[str]] = {}
    columns = ["case", "outcome", "label", "format"]
    for *key, name in rows[columns].itertuples(index=False):
        if severity(key[1]) > 0 and key[1] not in PAIR_OUTCOMES:
            failing.setdefault((key[0], key[1], key[2]), []).append(str(name))
    return Standing(
        view.lineage,
        keras,
        first["pair"],
        first["tensorflow"],
        first["released"],
        source.tallies[first["pair"]],
        [(*key, names) for key, names in failing.items()],
        listed(view.changes[view.changes["to"] == keras]),
    )
