"""The pages of the releases: what each one changed compared with its predecessor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.analysis.change_kinds import PAIR_KINDS, ChangeKind
from harness.analysis.views import View
from harness.releases.pair import Pair, spans_in_words
from harness.report.site.content import SiteContent
from harness.report.site.exchange_changes import changes_at
from harness.report.site.listed_changes import ListedChange, group_by_kind, list_differences
from harness.report.site.release_summary import ReleaseSummary
from harness.report.site.rendering import release_path, render
from harness.report.site.tally import Tally

#: Headings for the differences from a release of a later branch, which is no predecessor: nothing
#: became better or worse, the two only differ.
PARALLEL_HEADINGS = {
    ChangeKind.BROKEN: "Cannot be installed here",
    ChangeKind.REGRESSION: "Worse here",
    ChangeKind.UNSUPPORTED: "Not supported here",
    ChangeKind.FAILING: "Supported only here, but fails",
    ChangeKind.CHANGE: "Fails or refuses differently here",
    ChangeKind.RAISES: "Raises here; hangs, crashes or is silently wrong there",
    ChangeKind.FIX: "Passes, or refuses as it should, only here",
    ChangeKind.SUPPORTED: "Supported only here",
    ChangeKind.INSTALLABLE: "Can be installed only here",
}


def release_pages(
    content: SiteContent, summaries: Mapping[str, Sequence[ReleaseSummary]]
) -> Iterator[tuple[str, str]]:
    """The path and the text of each page, and of the list of releases.

    ``summaries`` has the releases of each lineage, oldest first.
    """
    tallies = _tallies_by_release(content)
    for view in content.tables.shown:
        for release in summaries[view.lineage]:
            path = release_path(view.lineage, release.keras)
            yield path, _page(content, path, view, release, tallies[view.lineage, release.keras])
    yield "releases.html", _list_page(summaries)


def _list_page(summaries: Mapping[str, Sequence[ReleaseSummary]]) -> str:
    path = "releases.html"
    listing = [
        (lineage, [(release, _cells_by_kind(release)) for release in reversed(releases)])
        for lineage, releases in summaries.items()
    ]
    columns = [kind for kind in ChangeKind if kind not in PAIR_KINDS]
    return render(path, path, listing=listing, columns=columns)


def _cells_by_kind(release: ReleaseSummary) -> Mapping[ChangeKind, int]:
    """The number of cells that changed in a release, by kind of change."""
    counts: Counter[ChangeKind] = Counter()
    for change in release.changes:
        counts[change.kind] += len(change.formats)
    return counts


class FilesOf(NamedTuple):
    """Whose files a release reads, and who reads its files: releases in words, and how many.

    A file counts where its own writer reads it.
    """

    reads: Sequence[str]
    others_read: int
    is_read_by: Sequence[str]
    others_reading: int


def files_of(whole: Mapping[tuple[Pair, Pair], bool], pair: Pair) -> FilesOf:
    """How a release reads the files of others, and how they read its files.

    ``whole`` says of writers and readers whether all files were read.
    """
    writers = sorted({writer for writer, reader in whole if reader == pair and writer != pair})
    readers = sorted({reader for writer, reader in whole if writer == pair and reader != pair})
    return FilesOf(
        spans_in_words([writer for writer in writers if whole[writer, pair]], writers),
        len(writers),
        spans_in_words([reader for reader in readers if whole[pair, reader]], readers),
        len(readers),
    )


def _page(
    content: SiteContent,
    path: str,
    view: View,
    release: ReleaseSummary,
    pairs: Mapping[str, Tally],
) -> str:
    differences: list[ListedChange] = []
    if release.parallel_release:
        differences = list_differences(
            view.frame, view.lineage, release.parallel_release, release.keras
        )
    return render(
        "release.html",
        path,
        release=release,
        files=files_of(content.read_in_full, Pair.parse(release.pair)),
        file_changes=list(changes_at(content, Pair.parse(release.pair))),
        releases=content.releases,
        changes=list(group_by_kind(release.changes)),
        parallel_differences=list(group_by_kind(differences)),
        parallel_headings=PARALLEL_HEADINGS,
        pairs=pairs,
    )


def _tallies_by_release(content: SiteContent) -> dict[tuple[str, str], dict[str, Tally]]:
    """The tallies of the pairs of each release."""
    tallies: dict[tuple[str, str], dict[str, Tally]] = {}
    for pair in (result.pair for result in content.results):
        of_release = tallies.setdefault((pair.lineage, str(pair.keras)), {})
        of_release[pair.id] = content.tallies[pair.id]
    return tallies
