"""The first page: how the newest release does, and the history of every case at one look."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.site.heat import Heat
from harness.report.site.source import Source, render
from harness.report.site.standing import ReleaseSummary


def front_page(source: Source, newest: Sequence[ReleaseSummary], heats: Sequence[Heat]) -> str:
    """``index.html``; ``newest`` is how the newest release of each lineage stands."""
    made = source.made
    tallies = source.tallies.values()
    shown = {case.name for heat in heats for case in heat.cases}
    return render(
        "front.html",
        "index.html",
        newest=newest,
        heats=heats,
        legend=source.legend,
        summaries={case.name: case.summary for case in source.cases},
        not_shown=[case.name for case in source.cases if case.name not in shown],
        others=len(set(made.long["pair"]) - made.natural_pairs),
        cells=sum(each.applies for each in tallies),
        unsupported=sum(each.counts.get("unsupported", 0) for each in tallies),
        formats=list(made.long["format"].cat.categories),
    )
