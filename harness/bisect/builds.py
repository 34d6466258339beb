"""The search below releases: among pre-releases and among daily builds.

Every point has the packages of the newer release, except for the one whose builds are searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.bisect.axes import Point
from harness.bisect.context import BisectionContext
from harness.bisect.question import KnownChange
from harness.bisect.search import SearchStatus
from harness.bisect.steps import (
    FOUND,
    StepEnd,
    not_done,
    not_found,
    silence_in_words,
)
from harness.bisect.walk import Boundary, Walk
from harness.util.wording import counted


class BuildSearch(NamedTuple):
    """How the search ended, and the boundary among builds if it found one."""

    end: StepEnd
    boundary: Boundary | None = None


def search_prereleases(context: BisectionContext, boundary: Boundary) -> BuildSearch:
    """Search the pre-releases, which come from a release branch."""
    old, new = _older_release(context, boundary), boundary.new
    builds = context.axis.prereleases(old, new)
    if not builds:
        return BuildSearch(not_found(f"there is none between {old} and {new}"))
    return _search(context, boundary, [old, *builds, new])


def search_daily_builds(context: BisectionContext, boundary: Boundary) -> BuildSearch:
    """Search the daily builds, which come from the main branch."""
    old, new = _older_release(context, boundary), boundary.new
    builds = context.axis.nightlies(old, new)
    if not builds:
        return BuildSearch(not_found(f"there is none between {old} and {new} on their branch"))
    return _search(context, boundary, [old, *builds, new])


def _older_release(context: BisectionContext, boundary: Boundary) -> Point:
    """The older release with the other packages of the newer one."""
    release = context.rules.catalogue.find(context.axis.package, boundary.old.version)
    return context.axis.with_release(boundary.new, release) if release else boundary.old


def _search(context: BisectionContext, boundary: Boundary, points: Sequence[Point]) -> BuildSearch:
    """Search from the older release, the first of the points, to the newer, the last."""
    change = KnownChange(context.question, boundary.before, boundary.after)
    walk = context.walk(points, change, points[0], points[-1])
    found = walk.boundary
    if found is not None and (found.old, found.new) != (points[0], points[-1]):
        return BuildSearch(FOUND, found)
    silent = [seen for _, seen in walk.asked if change.answer(seen) is None]
    reason = _why_nothing_was_found(walk)
    if silent:
        reason += f" ({silence_in_words(silent)})"
    was_run = all(seen.was_run for seen in silent)
    return BuildSearch(not_found(reason) if was_run else not_done(reason))


def _why_nothing_was_found(walk: Walk) -> str:
    old, new = walk.points[0], walk.points[-1]
    if walk.boundary is not None:
        count = counted(len(walk.points) - 2, "build")
        return f"none of the {count} between {old} and {new} is like either of them"
    if walk.result.status is SearchStatus.SAME:
        return f"{old} with the other packages of {new} behaves like it"
    if walk.result.status is SearchStatus.NO_ANSWER:
        return f"fewer than two of the builds are like {old} or {new}"
    return str(walk.result.status.value)
