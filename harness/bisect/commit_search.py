"""The search for the first commit with the newer behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.bisect.commits import Clone, FirstCommits, check_out, first_new_commit
from harness.bisect.context import BisectionContext
from harness.bisect.observation import Observation
from harness.bisect.oracles.oracle import NotRun
from harness.bisect.question import KnownChange
from harness.bisect.steps import FOUND, StepEnd, not_found
from harness.bisect.walk import Boundary


class CommitSearch(NamedTuple):
    """How the search ended, and the first commits with the newer behaviour if it found any."""

    end: StepEnd
    commits: FirstCommits | None = None


def find_first_commits(
    context: BisectionContext,
    clone: Clone,
    boundary: Boundary,
    *,
    releases: Boundary | None,
    builds: Boundary | None,
) -> CommitSearch:
    """Search between the commits of the daily builds, or else between those of the releases.

    Commits are run in the environment of the newer side of ``boundary``.

    Raises:
        NotRun: a commit would have to be run that must not be.
        Fault: git fails, or a failure outside the commits.
        NoEnvironment: there is no environment to run commits in.
        UsageError: the clone lacks the tag of a release.
    """
    change = KnownChange(context.question, boundary.before, boundary.after)
    observed: dict[str, Observation] = {}

    def is_new(tree: Path, commit: str) -> bool | None:
        if commit not in observed:
            observed[commit] = context.oracle.at_commit(boundary.new.pair, commit, tree)
        return change.is_newer(observed[commit])

    def is_new_at(tree: Path, commit: str) -> bool | None:
        check_out(tree, commit)
        return is_new(tree, commit)

    not_run: NotRun | None = None
    with clone.worktree() as tree:
        for old, new in _commit_bounds(context, clone, releases, builds):
            try:
                shows_change = (is_new_at(tree, old), is_new_at(tree, new)) == (False, True)
            except NotRun as reason:
                not_run = reason
                continue
            if shows_change:
                return CommitSearch(FOUND, first_new_commit(tree, old, new, is_new))
    if not_run is not None:
        raise not_run
    if not observed:
        return CommitSearch(not_found("the clone has no commits between the two"))
    ends = ", ".join(f"{commit[:12]} ({seen.words})" for commit, seen in observed.items())
    return CommitSearch(not_found(f"the commits at the ends do not show the change: {ends}"))


def _commit_bounds(
    context: BisectionContext, clone: Clone, releases: Boundary | None, builds: Boundary | None
) -> Iterator[tuple[str, str]]:
    """Commits around the change: by the dates of the daily builds first, then by release tags."""
    if builds:
        commits = []
        for point in (builds.old, builds.new):
            release = context.rules.catalogue.find("keras", point.version)
            commit = clone.before(release.uploaded) if release else None
            commits += [commit] if commit else []
        if len(commits) == 2 and clone.count(*commits):
            yield commits[0], commits[1]
    if releases:
        yield clone.release(str(releases.old)), clone.release(str(releases.new))
