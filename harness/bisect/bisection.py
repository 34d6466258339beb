"""A bisection: from the release to the culprit, its cause, the branches, and the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from harness.bisect.axes import NIGHTLIES, Axis, Point
from harness.bisect.branch_states import BranchState, branch_states
from harness.bisect.builds import search_daily_builds, search_prereleases
from harness.bisect.changed_functions import (
    ChangedFunctions,
    changes_with_sources,
    why_not_comparable,
)
from harness.bisect.commit_search import find_first_commits
from harness.bisect.commits import Clone, FirstCommits
from harness.bisect.context import BisectionContext
from harness.bisect.isolate import Culprit, isolate_culprit
from harness.bisect.observation import Observation
from harness.bisect.oracles.oracle import NotRun, Oracle
from harness.bisect.proven_cause import make_backport, prove_cause, why_not_transplanted
from harness.bisect.question import Question
from harness.bisect.release_search import search_releases
from harness.bisect.steps import (
    BACKPORT,
    BRANCHES,
    CAUSE,
    COMMITS,
    CULPRIT,
    DAILY_BUILDS,
    FOUND,
    FUNCTIONS,
    NOT_ASKED,
    PRERELEASES,
    StepEnd,
    failed,
    not_done,
    not_found,
)
from harness.bisect.transplant.cause import Cause
from harness.bisect.walk import Boundary, Walk
from harness.environments.interpreters import NoEnvironment
from harness.execution.cases import Case
from harness.releases.catalogue import NIGHTLY_PACKAGES
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault, UsageError

LEVELS = ("release", "nightly", "commit")


@dataclass
class BisectionResult:
    """All that a bisection found.

    ``question`` is the one that was answered: where only the older of two branches has the change,
    its sides are exchanged. ``other_walks`` are those along other branches that do not have the
    change, either. ``steps`` says how each step after the search among releases ended: what is
    empty may have been looked for in vain, or not at all.
    """

    question: Question
    walk: Walk
    boundary: Boundary | None = None
    other_walks: tuple[Walk, ...] = ()
    others: list[Boundary] = field(default_factory=list)
    culprit: Culprit | None = None
    cause: Cause | None = None
    patch: str = ""
    branches: list[BranchState] = field(default_factory=list)
    prerelease: Boundary | None = None
    nightly: Boundary | None = None
    commits: FirstCommits | None = None
    functions: ChangedFunctions = field(default_factory=ChangedFunctions)
    notes: list[str] = field(default_factory=list)
    steps: dict[str, StepEnd] = field(default_factory=dict)


#: Why functions of a traceback are not compared.
CAUSE_IS_PROVEN = "the cause is proven"

#: A step adds to the result what it finds out about the boundary, and says how it ended.
Step = Callable[[BisectionResult, Boundary], StepEnd]


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
        patch: bool = False,
    ) -> BisectionResult:
        """Find the change between two points, and then what made it, as deep as ``level`` says.

        With ``patch``, also make a patch for the older release, if the newer one is a fix.

        Provisional timeouts count at first. Those that the change and its culprit rest on are then
        confirmed together, until there are none left. A later step that fails leaves what was found
        before it; the result says so.

        Raises:
            Fault, UsageError: the search among releases failed.
            NotRun: provisional timeouts would have to be confirmed, and nothing may be run.
        """
        result = self._find_change(low, high, every=every)
        while provisional := _rests_on(result):
            self._stage("confirming timeouts")
            self._context.oracle.confirm([seen.pair for seen in provisional])
            result = self._find_change(low, high, every=every)
        if result.boundary is None:
            return result
        for name, step in self._further_steps(level, clone, patch):
            self._do(name, step, result, result.boundary)
        return result

    def _find_change(
        self, low: Point | None, high: Point | None, *, every: bool
    ) -> BisectionResult:
        """Find the change among releases, and its culprit."""
        self._stage("releases")
        search = search_releases(self._context, low, high, every=every)
        walk = search.walk
        result = BisectionResult(
            search.question, walk, walk.boundary, search.others, notes=list(search.notes)
        )
        result.others = [walk.boundary_at(gap) for gap in walk.result.others]
        if result.boundary is not None:
            self._do(CULPRIT, self._isolate_culprit, result, result.boundary)
        return result

    def _do(
        self, name: str, step: Step | None, result: BisectionResult, boundary: Boundary
    ) -> None:
        """Do a step; if it is None, record that it was not requested."""
        if step is None:
            result.steps[name] = not_done(NOT_ASKED)
        else:
            self._stage(name)
            result.steps[name] = _end_of(step, result, boundary)

    def _further_steps(
        self, level: str, clone: Clone | None, patch: bool
    ) -> Iterator[tuple[str, Step | None]]:
        """The steps after the culprit on this axis, with None for those below ``level``."""
        package = self.axis.package
        yield CAUSE, self._prove_cause
        if patch:
            yield BACKPORT, self._make_backport
        yield BRANCHES, self._find_branch_states
        if package in NIGHTLY_PACKAGES:
            is_asked = level != "release"
            yield PRERELEASES, self._search_prereleases if is_asked else None
            yield DAILY_BUILDS, self._search_daily_builds if is_asked else None
        if package in ("keras", NIGHTLIES):
            is_asked = level == "commit"
            yield COMMITS, partial(self._search_commits, clone) if is_asked and clone else None
        yield FUNCTIONS, self._compare_functions

    def _isolate_culprit(self, result: BisectionResult, boundary: Boundary) -> StepEnd:
        result.culprit = isolate_culprit(
            boundary.before,
            boundary.after,
            self._context.oracle,
            self._context.rules,
            lambda observation: self.question.is_same(observation, boundary.after),
            self._witnesses(boundary),
        )
        return StepEnd(result.culprit.state)

    def _prove_cause(self, result: BisectionResult, boundary: Boundary) -> StepEnd:
        if reason := why_not_transplanted(result.culprit):
            return not_done(reason)
        assert result.culprit is not None
        proven = prove_cause(self._context, result.culprit, boundary)
        result.cause = proven.cause
        return proven.end

    def _make_backport(self, result: BisectionResult, boundary: Boundary) -> StepEnd:
        if result.cause is None or result.culprit is None:
            return not_done("the cause is not proven")
        backport = make_backport(self._context, result.culprit, result.cause, boundary)
        result.patch = backport.patch
        return backport.end

    def _witnesses(self, boundary: Boundary) -> list[Observation]:
        """Known observations of the two Keras releases with other releases of TensorFlow."""
        if self.axis.package != "keras" or boundary.old.pair.edits:
            return []
        releases = (boundary.old.version, boundary.new.version)
        pairs = [pair for pair in self._context.rules.cross() if pair.keras in releases]
        observations = (self._context.oracle.known(pair) for pair in pairs)
        return [observation for observation in observations if observation]

    def _find_branch_states(self, result: BisectionResult, boundary: Boundary) -> StepEnd:
        asked = [point for point, _ in result.walk.asked]
        first, last = asked[0], asked[-1]
        for state in branch_states(self._context, boundary, first, last):
            result.branches.append(state)
        if not result.branches:
            return not_found(f"none parts from this one between {first} and {last}")
        return FOUND

    def _why_not_narrowed(self, result: BisectionResult) -> str:
        """Why the builds of the package cannot narrow the change down; empty where they may."""
        package = "keras" if self.axis.package == NIGHTLIES else self.axis.package
        culprit = result.culprit
        if culprit is None or culprit.proof is None or culprit.includes(package):
            return ""
        return f"the culprit is not {package}"

    def _search_prereleases(self, result: BisectionResult, boundary: Boundary) -> StepEnd:
        if reason := self._why_not_narrowed(result):
            return not_done(reason)
        search = search_prereleases(self._context, boundary)
        result.prerelease = search.boundary
        return search.end

    def _search_daily_builds(self, result: BisectionResult, boundary: Boundary) -> StepEnd:
        if reason := self._why_not_narrowed(result):
            return not_done(reason)
        search = search_daily_builds(self._context, boundary)
        result.nightly = search.boundary
        return search.end

    def _search_commits(self, clone: Clone, result: BisectionResult, boundary: Boundary) -> StepEnd:
        if reason := self._why_not_narrowed(result):
            return not_done(reason)
        is_of_builds = self.axis.package == NIGHTLIES
        search = find_first_commits(
            self._context,
            clone,
            boundary,
            releases=None if is_of_builds else boundary,
            builds=boundary if is_of_builds else result.nightly,
        )
        result.commits = search.commits
        return search.end

    def _compare_functions(self, result: BisectionResult, boundary: Boundary) -> StepEnd:
        if result.cause is not None:
            return not_done(CAUSE_IS_PROVEN)
        if reason := why_not_comparable(result.culprit, boundary):
            return not_done(reason)
        assert result.culprit is not None
        for change in changes_with_sources(result.culprit):
            result.functions.add(change, boundary)
        return result.functions.end


def _rests_on(result: BisectionResult) -> list[Observation]:
    """The provisional timeouts that the change and its culprit rest on, each pair once."""
    of_culprit = result.culprit.provisional if result.culprit else ()
    return list({seen.pair: seen for seen in (*result.walk.provisional, *of_culprit)}.values())


def _end_of(step: Step, result: BisectionResult, boundary: Boundary) -> StepEnd:
    """How a step ended; a step that fails leaves what was found before it."""
    try:
        return step(result, boundary)
    except NotRun as reason:
        return not_done(str(reason))
    except (Fault, NoEnvironment, UsageError, OSError) as reason:
        return failed(str(reason))
