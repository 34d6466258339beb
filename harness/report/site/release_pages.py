"""The pages of releases: what each fixed, broke and changed against what it grew out of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.change_kinds import PAIR_KINDS, ChangeKind
from harness.analysis.histories import View
from harness.report.site.changelist import Change, between, by_kind
from harness.report.site.source import Source, release_path, render
from harness.report.site.standing import ReleaseSummary
from harness.report.site.tally import Tally

#: What a kind is called where a release is held against one that it did not grow out of.
BESIDE = {
    ChangeKind.BROKEN: "Not installable here",
    ChangeKind.REGRESSION: "Worse here",
    ChangeKind.UNSUPPORTED: "Not supported here",
    ChangeKind.FAILING: "Supported only here, and fails",
    ChangeKind.CHANGE: "Fails in another way here",
    ChangeKind.RAISES: "Raises here, and does not end or lies there",
    ChangeKind.FIX: "Passes only here",
    ChangeKind.SUPPORTED: "Supported only here",
    ChangeKind.INSTALLABLE: "Installable only here",
}


def release_pages(
    source: Source, stands: Mapping[str, Sequence[ReleaseSummary]]
) -> Iterator[tuple[str, str]]:
    """Path and text of each, and of the list of them; ``stands`` has those of each lineage."""
    pairs = _pairs(source)
    for view in source.made.shown:
        for each in stands[view.lineage]:
            path = release_path(view.lineage, each.keras)
            yield path, _page(path, view, each, pairs[view.lineage, each.keras])
    listing = [
        (lineage, [(each, _kinds(each)) for each in reversed(releases)])
        for lineage, releases in stands.items()
    ]
    path, columns = "releases.html", [kind for kind in ChangeKind if kind not in PAIR_KINDS]
    yield path, render(path, path, listing=listing, columns=columns)


def _kinds(standing: ReleaseSummary) -> Mapping[ChangeKind, int]:
    """How many cells changed in a release, by kind."""
    kinds: Counter[ChangeKind] = Counter()
    for change in standing.changes:
        kinds[change.kind] += len(change.formats)
    return kinds


def _page(path: str, view: View, standing: ReleaseSummary, pairs: Mapping[str, Tally]) -> str:
    beside: list[Change] = []
    if standing.beside:
        beside = between(view.frame, view.lineage, standing.beside, standing.keras)
    return render(
        "release.html",
        path,
        each=standing,
        changes=list(by_kind(standing.changes)),
        beside=list(by_kind(beside)),
        headings=BESIDE,
        pairs=pairs,
    )


def _pairs(source: Source) -> dict[tuple[str, str], dict[str, Tally]]:
    """The pairs of each release, with their tallies."""
    found: dict[tuple[str, str], dict[str, Tally]] = {}
    for pair in (result.pair for result in source.results):
        of_release = found.setdefault((pair.lineage, str(pair.keras)), {})
        of_release[pair.id] = source.tallies[pair.id]
    return found
