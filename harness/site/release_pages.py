"""The pages of releases: what each fixed, broke and changed against what it grew out of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from packaging.version import Version

from harness.changes import KINDS
from harness.lines import Lines
from harness.site.changelist import Change, between, by_kind
from harness.site.front import Standing, standing
from harness.site.source import Source, release_href, render
from harness.views import View


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
    for view in source.made.natural.values():
        known = [Version(each) for each in view.frame["keras"].unique()]
        lines = Lines(known, source.catalogue, view.lineage)
        releases = [_release(view, lines, version) for version in lines.versions]
        listing.append((view, releases[::-1]))
        for release in releases:
            path = release_href(view.lineage, release.standing.keras)
            yield path, _page(path, source, view, release)
    path = "releases.html"
    yield path, render("releases.html", path, listing=listing, columns=list(KINDS))


def _release(view: View, lines: Lines, version: Version) -> Release:
    found = standing(view, str(version))
    kinds: Counter[str] = Counter()
    for change in found.changes:
        kinds[change.kind] += len(change.formats)
    return Release(
        found, str(lines.predecessor(version) or ""), str(lines.beside(version) or ""), kinds
    )


def _page(path: str, source: Source, view: View, release: Release) -> str:
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
        pairs=_pairs(source.made.long, view.lineage, keras),
        natural=view.frame.loc[view.frame["keras"] == keras, "pair"].iloc[0],
    )


def _pairs(frame: pd.DataFrame, lineage: str, keras: str) -> list[tuple[str, str, dict[str, int]]]:
    """The pairs of a release: id, TensorFlow, cells by outcome."""
    mine = frame[(frame["lineage"] == lineage) & (frame["keras"] == keras)]
    return [
        (str(pair), rows["tensorflow"].iloc[0], dict(Counter(rows["outcome"])))
        for pair, rows in mine.groupby("pair", sort=False)
    ]
