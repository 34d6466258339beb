"""The front page: the newest release of each lineage, and the history of every case."""

from __future__ import annotations

from collections.abc import Sequence

from harness.releases.pair import Pair
from harness.report.site.content import SiteContent
from harness.report.site.exchange_changes import changes_at
from harness.report.site.heat_map import HeatMap
from harness.report.site.release_pages import files_of
from harness.report.site.release_summary import ReleaseSummary
from harness.report.site.rendering import render


def front_page(
    content: SiteContent,
    newest: Sequence[ReleaseSummary],
    heat_maps: Sequence[HeatMap],
    *,
    has_headline: bool,
) -> str:
    """``index.html``; ``newest`` has the newest release of each lineage.

    ``has_headline`` says whether there is a page about issue 20307.
    """
    tables = content.tables
    tallies = content.tallies.values()
    shown = {case.name for heat_map in heat_maps for case in heat_map.cases}
    newest_pairs = {release.lineage: Pair.parse(release.pair) for release in newest}
    return render(
        "front.html",
        "index.html",
        newest=newest,
        files={name: files_of(content.read_in_full, pair) for name, pair in newest_pairs.items()},
        reader_changes={
            name: [change for change in changes_at(content, pair) if change.axis == "reader"]
            for name, pair in newest_pairs.items()
        },
        has_headline=has_headline,
        contract_cases={case for case, _ in content.contracts},
        heat_maps=heat_maps,
        legend=content.legend,
        summaries={case.name: case.summary for case in content.cases},
        cases_without_results=[case.name for case in content.cases if case.name not in shown],
        other_pairs=len(set(tables.long["pair"]) - tables.natural_pairs),
        cells=sum(tally.applicable for tally in tallies),
        unsupported=sum(tally.unsupported for tally in tallies),
        formats=list(tables.long["format"].cat.categories),
    )
