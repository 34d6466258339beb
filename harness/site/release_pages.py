"""The pages of releases: what each fixed, broke and changed against what it grew out of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from harness.kinds import OF_PAIRS, Kind
from harness.lines import Lines
from harness.site.changelist import Change, between, by_kind
from harness.site.front import Standing, standing
from harness.site.source import Source, release_path, render
from harness.site.tally import Tally
from harness.views import View

#: What a kind is called where a release is held against one that it did not grow out of.
BESIDE = {
    Kind.BROKEN: "Not installable here",
    Kind.REGRESSION: "Worse here",
    Kind.UNSUPPORTED: "Not supported here",
    Kind.FAILING: "Supported only here, and fails",
    Kind.CHANGE: "Fails in another way here",
    Kind.RAISES: "Raises here, and does not end or lies there",
    Kind.FIX: "Passes only here",
    Kind.SUPPORTED: "Supported only here",
    Kind.INSTALLABLE: "Installable only here",
}


@dataclass(frozen=True)
class Release:
    """One release of a view: its standing, and what it is held against."""

    standing: Standing
    predecessor: str
    beside: str
    kinds: Mapping[Kind, int]


def release_pages(source: Source) -> Iterator[tuple[str, str]]:
    """Path and text of each, and of the list of them."""
    listing = []
    pairs = _pairs(source)
    for view in source.made.natural.values():
        cells = {str(keras): rows for keras, rows in view.frame.groupby("keras", sort=False)}
        lines = Lines(map(Version, cells), source.catalogue, view.lineage)
        releases = [
            _release(lines, standing(source, view, str(version), cells[str(version)]))
            for version in lines.versions
        ]
        listing.append((view, releases[::-1]))
        for release in releases:
            path = release_path(view.lineage, release.standing.keras)
            yield path, _page(path, view, release, pairs[view.lineage, release.standing.keras])
    path = "releases.html"
    columns = [kind for kind in Kind if kind not in OF_PAIRS]
    yield path, render("releases.html", path, listing=listing, columns=columns)


def _release(lines: Lines, found: Standing) -> Release:
    version = Version(found.keras)
    kinds: Counter[Kind] = Counter()
    for change in found.changes:
        kinds[change.kind] += len(change.formats)
    return Release(
        found, str(lines.predecessor(version) or ""), str(lines.beside(version) or ""), kinds
    )


def _page(path: str, view: View, release: Release, pairs: Mapping[str, Tally]) -> str:
    keras = release.standing.keras
    beside: list[Change] = []
    if release.beside:
        beside = between(view.frame, view.lineage, release.beside, keras)
    return render(
        "release.html",
        path,
        release=release,
        lineage=view.lineage,
        changes=list(by_kind(release.standing.changes)),
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
