"""The search below releases: among pre-releases and among daily builds.

Every point has the packages of the newer release but for the one whose builds are searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.bisect.axes import Point
from harness.bisect.context import BisectionContext
from harness.bisect.question import Between
from harness.bisect.walk import Boundary


class BuildSearch(NamedTuple):
    """The boundary among builds, or a note that says why there is none (both can be empty)."""

    boundary: Boundary | None = None
    note: str = ""


def search_prereleases(context: BisectionContext, boundary: Boundary) -> BuildSearch:
    """Search the pre-releases, which come from a release branch."""
    old, new = _older_release(context, boundary), boundary.new
    builds = context.axis.prereleases(old, new)
    if not builds:
        return BuildSearch()
    return _search(context, boundary, [old, *builds, new], "pre-releases")


def search_daily_builds(context: BisectionContext, boundary: Boundary) -> BuildSearch:
    """Search the daily builds, which come from the main branch."""
    old, new = _older_release(context, boundary), boundary.new
    builds = context.axis.nightlies(old, new)
    if not builds:
        return BuildSearch(note=f"there is no daily build between {old} and {new}")
    return _search(context, boundary, [old, *builds, new], "daily builds")


def _older_release(context: BisectionContext, boundary: Boundary) -> Point:
    """The older release with the other packages of the newer one."""
    release = context.rules.catalogue.find(context.axis.package, boundary.old.version)
    return context.axis.with_release(boundary.new, release) if release else boundary.old


def _search(
    context: BisectionContext, boundary: Boundary, points: Sequence[Point], kind: str
) -> BuildSearch:
    between = Between(context.question, boundary.before, boundary.after)
    walk = context.walk(points, between, points[0], points[-1])
    if walk.boundary is None:
        return BuildSearch(note=f"among the {kind}: {walk.result.status.value}")
    return BuildSearch(walk.boundary)
