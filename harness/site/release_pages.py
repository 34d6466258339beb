"""The pages of releases: what each fixed, broke and changed against what it grew out of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from packaging.version import Version

from harness.kinds import OF_CELLS
from harness.lines import Lines
from harness.site.changelist import Change, between, by_kind
from harness.site.front import Standing, standing
from harness.site.source import Source, release_href, render
from harness.views import View

#: The id of a pair, and its cells by outcome.
PairCounts = tuple[str, Counter[str]]


@dataclass(frozen=True)
class Release:
    """One release of a view: its standing, and what it is held against."""

    standing: Standing
    predecessor: str
    beside: str
    kinds: dict[str, int]


def release_pages(source: Source) -> Iterator[tuple[str, str]]:
    """Path and text of each, and of the list of them."""
    listing = []
    pairs = _pairs(source.made.long)
    for view in source.made.natural.values():
        cells = {str(keras): rows for keras, rows in view.frame.groupby("keras", sort=False)}
        lines = Lines(map(Version, cells), source.catalogue, view.lineage)
        releases = [
            _release(lines, standing(view, str(version), cells[str(version)]))
            for version in lines.versions
        ]
        listing.append((view, releases[::-1]))
        for release in releases:
            path = release_href(view.lineage, release.standing.keras)
            yield path, _page(path, view, release, pairs[view.lineage, release.standing.keras])
    path = "releases.html"
    yield path, render("releases.html", path, listing=listing, columns=list(OF_CELLS))


def _release(lines: Lines, found: Standing) -> Release:
    version = Version(found.keras)
    kinds: Counter[str] = Counter()
    for change in found.changes:
        kinds[change.kind] += len(change.formats)
    return Release(
        found, str(lines.predecessor(version) or ""), str(lines.beside(version) or ""), kinds
    )


def _page(path: str, view: View, release: Release, pairs: list[PairCounts]) -> str:
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
        pairs=pairs,
    )


def _pairs(frame: pd.DataFrame) -> dict[tuple[str, str], list[PairCounts]]:
    """The pairs of each release."""
    found: dict[tuple[str, str], list[PairCounts]] = {}
    keys = ["lineage", "keras", "pair"]
    for key, outcomes in frame.groupby(keys, sort=False)["outcome"]:
        lineage, keras, pair = map(str, key)
        found.setdefault((lineage, keras), []).append((pair, Counter(outcomes)))
    return found
