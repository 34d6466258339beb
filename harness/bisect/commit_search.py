"""The search for the first commit with the newer behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.bisect.commits import Clone, FirstCommits, check_out, first_new_commit
from harness.bisect.context import BisectionContext
from harness.bisect.question import Between
from harness.bisect.walk import Boundary


def find_first_commits(
    context: BisectionContext,
    clone: Clone,
    boundary: Boundary,
    *,
    releases: Boundary | None,
    builds: Boundary | None,
) -> FirstCommits | None:
    """Search between the commits of the daily builds, or else between those of the releases.

    Commits are run in the environment of the newer side of ``boundary``.

    Returns:
        None where no pair of bounds shows both behaviours.

    Raises:
        Fault: git fails, or a failure outside the commits.
        NoEnvironment: there is no environment to run commits in.
        UsageError: the clone lacks the tag of a release.
    """
    between = Between(context.question, boundary.before, boundary.after)
    verdicts: dict[str, bool | None] = {}

    def is_new(tree: Path, commit: str) -> bool | None:
        if commit not in verdicts:
            observation = context.oracle.at_commit(boundary.new.pair, commit, tree)
            verdicts[commit] = between.is_newer(observation)
        return verdicts[commit]

    def is_new_at(tree: Path, commit: str) -> bool | None:
        check_out(tree, commit)
        return is_new(tree, commit)

    with clone.worktree() as tree:
        for old, new in _commit_bounds(context, clone, releases, builds):
            if (is_new_at(tree, old), is_new_at(tree, new)) == (False, True):
                return first_new_commit(tree, old, new, is_new)
    return None


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
