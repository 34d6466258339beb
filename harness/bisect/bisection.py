"""A bisection: from the release to the culprit, the branches, the daily build and the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from harness.bisect.axes import NIGHTLIES, Axis, Point
from harness.bisect.branch_states import BranchState, branch_states
from harness.bisect.builds import search_daily_builds, search_prereleases
from harness.bisect.changed_functions import ChangedFunctions, changes_with_sources
from harness.bisect.commit_search import find_first_commits
from harness.bisect.commits import Clone, FirstCommits
from harness.bisect.context import BisectionContext
from harness.bisect.isolate import Culprit, isolate_culprit
from harness.bisect.observation import Observation
from harness.bisect.oracle import Oracle
from harness.bisect.question import Question
from harness.bisect.release_search import search_releases
from harness.bisect.walk import Boundary, Walk
from harness.environments.interpreters import NoEnvironment
from harness.execution.cases import Case
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault, UsageError

LEVELS = ("release", "nightly", "commit")


@dataclass
class BisectionResult:
    """All that a bisection found; what was not found, or not searched for, is empty.

    ``question`` is the one that was answered: where only the older of two branches has the change,
    its sides are exchanged.
    """

    question: Question
    walk: Walk
    boundary: Boundary | None = None
    others: list[Boundary] = field(default_factory=list)
    culprit: Culprit | None = None
    branches: list[BranchState] = field(default_factory=list)
    prerelease: Boundary | None = None
    nightly: Boundary | None = None
    commits: FirstCommits | None = None
    functions: ChangedFunctions = field(default_factory=ChangedFunctions)
    notes: list[str] = field(default_factory=list)


#: A step adds to the result what it finds out about the boundary.
Step = Callable[[BisectionResult, Boundary], None]


class Bisection:
    """One question about one case or script along one axis."""

    def __init__(
        self,
        case: Case,
        format_name: str,
        question: Question,
        axis: Axis,
        oracle: Oracle,
        rules: PairRules,
        *,
        workers: int,
        stage: Callable[[str], None],
    ) -> None:
        self.case = case
        self.format = format_name
        self.question = question
        self.axis = axis
        self._context = BisectionContext(question, axis, oracle, rules, workers)
        self._stage = stage

    def run(
        self,
        low: Point | None = None,
        high: Point | None = None,
        *,
        every: bool = False,
        level: str = "release",
        clone: Clone | None = None,
    ) -> BisectionResult:
        """Find the change between two points, and then what made it, as deep as ``level`` says.

        If a later step fails, the result has a note about it and keeps what was found so far.

        Raises:
            Fault, UsageError: the search among releases failed.
        """
        self._stage("releases")
        search = search_releases(self._context, low, high, every=every)
        walk = search.walk
        result = BisectionResult(search.question, walk, walk.boundary, notes=list(search.notes))
        result.others = [walk.boundary_at(gap) for gap in walk.result.others]
        if result.boundary is None:
            return result
        for name, step in self._steps(level, clone):
            self._stage(name)
            try:
                step(result, result.boundary)
            except (Fault, NoEnvironment, UsageError, OSError) as reason:
                result.notes.append(f"{name}: {reason}")
        return result

    def _steps(self, level: str, clone: Clone | None) -> Iterator[tuple[str, Step]]:
        yield "culprit", self._isolate_culprit
        yield "release branches", self._find_branch_states
        if level != "release" and self.axis.package != NIGHTLIES:
            yield "pre-releases and daily builds", self._search_builds
        if level == "commit" and clone is not None:
            yield "commits", partial(self._search_commits, clone)
        yield "changed lines", self._compare_functions

    def _isolate_culprit(self, result: BisectionResult, boundary: Boundary) -> None:
        result.culprit = isolate_culprit(
            boundary.before,
            boundary.after,
            self._context.oracle,
            self._context.rules,
            lambda observation: self.question.is_same(observation, boundary.after),
            self._witnesses(boundary),
        )

    def _witnesses(self, boundary: Boundary) -> list[Observation]:
        """Known observations of the two Keras releases with other releases of TensorFlow."""
        if self.axis.package != "keras" or boundary.old.pair.edits:
            return []
        releases = (boundary.old.version, boundary.new.version)
        pairs = [pair for pair in self._context.rules.cross() if pair.keras in releases]
        observations = (self._context.oracle.known(pair) for pair in pairs)
        return [observation for observation in observations if observation]

    def _find_branch_states(self, result: BisectionResult, boundary: Boundary) -> None:
        asked = [point for point, _ in result.walk.asked]
        for state in branch_states(self._context, boundary, asked[0], asked[-1]):
            result.branches.append(state)

    def _search_builds(self, result: BisectionResult, boundary: Boundary) -> None:
        package = self.axis.package
        if not (result.culprit and result.culprit.includes(package)):
            result.notes.append(
                f"{package} is not the culprit, so its daily builds cannot narrow the change down"
            )
            return
        prereleases = search_prereleases(self._context, boundary)
        result.prerelease = prereleases.boundary
        if prereleases.note:
            result.notes.append(prereleases.note)
        daily_builds = search_daily_builds(self._context, boundary)
        result.nightly = daily_builds.boundary
        if daily_builds.note:
            result.notes.append(daily_builds.note)

    def _search_commits(self, clone: Clone, result: BisectionResult, boundary: Boundary) -> None:
        is_of_builds = self.axis.package == NIGHTLIES
        result.commits = find_first_commits(
            self._context,
            clone,
            boundary,
            releases=None if is_of_builds else boundary,
            builds=boundary if is_of_builds else result.nightly,
        )
        if result.commits is None:
            result.notes.append("the commits at both ends do not show the change")

    def _compare_functions(self, result: BisectionResult, boundary: Boundary) -> None:
        if result.culprit is None or not (boundary.before.frames or boundary.after.frames):
            return
        for change in changes_with_sources(result.culprit):
            result.functions.add(change, boundary)
