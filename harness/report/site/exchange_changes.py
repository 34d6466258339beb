"""Where reading changed: the page of all changes, and those on the page of one release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.analysis.change_kinds import ChangeKind
from harness.exchange.change_groups import ChangeGroup
from harness.exchange.changes import AXES, Axis
from harness.releases.pair import Pair, span_in_words, spans_in_words
from harness.report.exchange_change_text import between_in_words, counts_in_words, on_axis
from harness.report.site.content import SiteContent
from harness.report.site.rendering import render

PATH = "exchange-changes.html"
#: The worst kinds; the page of a release shows only these.
TELLING_KINDS = (ChangeKind.REGRESSION, ChangeKind.RAISES, ChangeKind.FIX)


class ChangeRow(NamedTuple):
    """One row of the table: a group, and texts about it.

    ``release`` names the later release of the change, and ``others`` those at the other end.
    ``anchor`` is the id of the row; only the first of a release has one.
    """

    group: ChangeGroup
    release: str
    anchor: str
    others: Sequence[str]
    between: str


class AxisChanges(NamedTuple):
    """The changes along one axis, newest first."""

    axis: Axis
    rows: Sequence[ChangeRow]


def exchange_changes_page(content: SiteContent, exchange_path: str) -> str:
    """The text of the page; ``exchange_path`` is that of the page with the maps."""
    return render(
        "exchange_changes.html", PATH, changes=list(_axis_changes(content)),
        releases=content.releases, exchange_path=exchange_path,
    )  # fmt: skip


def _axis_changes(content: SiteContent) -> Iterator[AxisChanges]:
    """The changes of each axis that has any."""
    for axis in AXES:
        if groups := on_axis(content.exchange_changes, axis):
            yield AxisChanges(axis, _rows(content, groups))


def _rows(content: SiteContent, groups: Sequence[ChangeGroup]) -> list[ChangeRow]:
    """The rows of groups of one axis."""
    rows: list[ChangeRow] = []
    seen: set[Pair] = set()
    for group in groups:
        anchor = "" if group.end in seen else anchor_of(group.axis, group.end)
        seen.add(group.end)
        known = (
            content.exchange.writers
            if group.axis == "reader"
            else content.exchange.measured_readers
        )
        others = spans_in_words(set(group.others), known)
        release = span_in_words([group.end])
        rows.append(ChangeRow(group, release, anchor, others, between_in_words(group)))
    return rows


def anchor_of(axis: Axis, pair: Pair) -> str:
    """The id on the page of all changes of what changed at a release."""
    return f"{axis}-{pair.lineage}-{pair.keras}"


class ReleaseChanges(NamedTuple):
    """What changed at one release on one axis: counts by kind, and the most important rows.

    ``hidden`` counts the other rows, which only the page of all changes has.
    """

    axis: Axis
    start: str
    counts: str
    anchor: str
    rows: Sequence[ChangeRow]
    hidden: int


def changes_at(content: SiteContent, release: Pair) -> Iterator[ReleaseChanges]:
    """What is known to have changed at a release as a reader and as a writer.

    The rows have no anchors: these are ids of the page of all changes.
    """
    by_step: dict[tuple[Axis, str], list[ChangeGroup]] = {}
    for group in content.exchange_changes:
        if (group.end.lineage, group.end.keras) == (release.lineage, release.keras):
            by_step.setdefault((group.axis, str(group.start.keras)), []).append(group)
    for (axis, start), groups in sorted(by_step.items(), reverse=True):
        telling = [group for group in groups if group.kind in TELLING_KINDS]
        yield ReleaseChanges(
            axis, start, counts_in_words(groups), anchor_of(axis, groups[0].end),
            [row._replace(anchor="") for row in _rows(content, telling)],
            len(groups) - len(telling),
        )  # fmt: skip
