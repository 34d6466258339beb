"""A bisection: release, culprit, lines of maintenance, daily build, commit and changed lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from harness.bisect import source_diff as hunks
from harness.bisect import sources
from harness.bisect.axes import NIGHTLIES, Axis, Point
from harness.bisect.commits import Clone, FirstCommits, checked_out, first_new_commit
from harness.bisect.isolate import PYTHON, Culprit, isolate_culprit
from harness.bisect.observation import Observation
from harness.bisect.oracle import Oracle
from harness.bisect.question import Between, Criterion, Question
from harness.bisect.search import SearchResult, SearchStatus
from harness.bisect.source_diff import FunctionDiff
from harness.bisect.walk import Boundary, Walk, walk
from harness.environments.interpreters import NoEnvironment
from harness.execution.cases import Case
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault, UsageError

LEVELS = ("release", "nightly", "commit")


@dataclass(frozen=True)
class BranchState:
    """How a line of maintenance ends: ``has`` the newer behaviour, the older, or neither (None).

    ``boundary`` is where the line itself came to it, if it did after its fork.
    """

    end: Point
    observed: Observation
    has: bool | None
    boundary: Boundary | None = None


@dataclass
class BisectionResult:
    """All that a bisection found; what was not sought or not found is empty.

    ``question`` is what was asked, the other way round where only an older line has the change.
    """

    question: Question
    walk: Walk
    boundary: Boundary | None = None
    others: list[Boundary] = field(default_factory=list)
    culprit: Culprit | None = None
    lines: list[BranchState] = field(default_factory=list)
    prerelease: Boundary | None = None
    nightly: Boundary | None = None
    commits: FirstCommits | None = None
    hunks: list[FunctionDiff] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    compared: bool = False
    notes: list[str] = field(default_factory=list)


class Bisection:
    """One question to one case or script along one axis."""

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
        self._oracle = oracle
        self._rules = rules
        self._workers = workers
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

        What goes wrong once the change is found is a note in the answer.
        """
        self._stage("releases")
        answer = self._releases(low, high, every)
        answer.boundary = boundary = answer.walk.boundary
        answer.others = [answer.walk.around(each) for each in answer.walk.finding.others]
        if boundary is None:
            return answer
        steps: list[tuple[str, Callable[[BisectionResult, Boundary], None]]] = [
            ("culprit", self._take_culprit),
            ("lines of maintenance", self._take_lines),
        ]
        if level != "release" and self.axis.package != NIGHTLIES:
            steps.append(("pre-releases and daily builds", self._take_builds))
        if clone is not None and level == "commit":
            steps.append(("commits", partial(self._take_commits, clone)))
        for name, step in [*steps, ("changed lines", self._take_hunks)]:
            self._stage(name)
            try:
                step(answer, boundary)
            except (Fault, NoEnvironment, UsageError) as reason:
                answer.notes.append(f"{name}: {reason}")
        return answer

    # ------------------------------------------------------------------ releases

    def _releases(self, low: Point | None, high: Point | None, every: bool) -> BisectionResult:
        """Search the line of the newer bound; or that of the older, where it left the former."""
        question = self.question
        line = self.axis.line(high or self.axis.newest)
        if low is None and high is not None:
            newest = self._walk([high], question)
            answer = question.answer(newest.asked[0][1])
            if answer is not None and not question.can_be_newer(answer):
                return BisectionResult(question, self._with_verdict(newest, SearchStatus.OTHER))
        if low is None or low in line:
            return self._noted(
                BisectionResult(question, self._walk(line, question, low, high, every)), low
            )
        high = high or self.axis.newest
        ends = self._walk([low, high], question, low, high)
        if ends.boundary is None:
            return BisectionResult(question, ends)
        before, after = ends.boundary.before, ends.boundary.after
        fork, middle = self._known_fork(low, high)
        note = f"{low} and {high} are on two lines, which parted at {fork}"
        if question.answer(middle) != question.answer(after):
            found = self._walk(line, question, fork, high, every)
            return BisectionResult(question, found, notes=[note])
        # The newer bound is as it ever was; seen from the fork, the change is the older's own, and
        # leads the other way.
        assert question.answer(before) != question.answer(middle)
        found = self._walk(self.axis.line(low), question.reversed, fork, low, every)
        return BisectionResult(question.reversed, found, notes=[note])

    def _known_fork(self, low: Point, high: Point) -> tuple[Point, Observation]:
        """The newest release that both bounds grew out of and that has an answer."""
        for fork in self.axis.forks(low, high):
            found = self._walk([fork], self.question).asked
            if found and self.question.answer(found[0][1]) is not None:
                return fork, found[0][1]
        raise UsageError(f"{low} and {high} have no release in common that gives an answer")

    def _noted(self, answer: BisectionResult, low: Point | None) -> BisectionResult:
        """With a word on a bound that another point stands in for."""
        silent = [
            point
            for point, observed in answer.walk.asked
            if point in (low, answer.walk.points[-1]) and answer.question.answer(observed) is None
        ]
        for point in silent:
            answer.notes.append(f"{point} gives no answer; its neighbour stands in for it")
        return answer

    def _with_verdict(self, found: Walk, verdict: SearchStatus) -> Walk:
        return Walk(found.points, found.observed, SearchResult(verdict))

    def _walk(
        self,
        points: Sequence[Point],
        question: Criterion,
        low: Point | None = None,
        high: Point | None = None,
        every: bool = False,
    ) -> Walk:
        return walk(
            points, question, self._oracle,
            workers=self._workers, low=low, high=high, every=every,
        )  # fmt: skip

    # ------------------------------------------------------------------ culprit and lines

    def _take_culprit(self, answer: BisectionResult, boundary: Boundary) -> None:
        answer.culprit = isolate_culprit(
            boundary.before, boundary.after, self._oracle, self._rules,
            lambda observed: self.question.is_same(observed, boundary.after),
            self._witnesses(boundary),
        )  # fmt: skip

    def _witnesses(self, boundary: Boundary) -> list[Observation]:
        """What other TensorFlows say with the two releases of Keras, as far as it is stored."""
        if self.axis.package != "keras" or boundary.old.pair.edits:
            return []
        releases = (boundary.old.version, boundary.new.version)
        pairs = [pair for pair in self._rules.cross() if pair.keras in releases]
        return [each for pair in pairs if (each := self._oracle.known(pair))]

    def _take_lines(self, answer: BisectionResult, boundary: Boundary) -> None:
        """How the lines end that left the searched one between its ends.

        What left it at its newer end or goes on from there is told as far as it is known.
        """
        between = Between(self.question, boundary.before, boundary.after)
        asked = [point for point, _ in answer.walk.asked]
        for line in self.axis.side_lines(asked[0], asked[-1]):
            fork, end = line[0], line[-1]
            if fork != asked[-1] and self._oracle.known(end.pair) is None:
                self._oracle.ask([end.pair])
            if (observed := self._oracle.known(end.pair)) is None:
                continue
            has = between.is_newer(observed)
            change = None
            if fork != asked[-1] and has is not (fork.version >= boundary.new.version):
                change = self._walk(line, self.question.either_way, fork, end).boundary
            answer.lines.append(BranchState(end, observed, has, change))

    # ------------------------------------------------------------------ below the release

    def _take_builds(self, answer: BisectionResult, boundary: Boundary) -> None:
        """Pre-releases, which come from a branch, and daily builds, which come from the main line.

        With the packages of the newer release throughout, only one package differs from here on.
        """
        package = self.axis.package
        if not (answer.culprit and answer.culprit.has(package)):
            answer.notes.append(f"{package} is not the culprit, so its daily builds show no more")
            return
        release = self._rules.catalogue.find(package, boundary.old.version)
        old = self.axis.like(boundary.new, release) if release else boundary.old
        answer.prerelease = self._finer(answer, old, boundary, "pre-releases")
        answer.nightly = self._finer(answer, old, boundary, "daily builds")

    def _finer(
        self, answer: BisectionResult, old: Point, boundary: Boundary, kind: str
    ) -> Boundary | None:
        new = boundary.new
        if kind == "pre-releases":
            points = self.axis.prereleases(old, new)
        else:
            points = self.axis.nightlies(old, new)
        if not points:
            if kind == "daily builds":
                answer.notes.append(f"no daily build lies between {old} and {new}")
            return None
        between = Between(self.question, boundary.before, boundary.after)
        found = self._walk([old, *points, new], between, old, new)
        if found.boundary is None:
            answer.notes.append(f"among the {kind}: {found.finding.verdict.value}")
        return found.boundary

    def _take_commits(self, clone: Clone, answer: BisectionResult, boundary: Boundary) -> None:
        between = Between(self.question, boundary.before, boundary.after)
        told: dict[str, bool | None] = {}

        def is_new(tree: Path, commit: str) -> bool | None:
            if commit not in told:
                observed = self._oracle.at_commit(boundary.new.pair, commit, tree)
                told[commit] = between.is_newer(observed)
            return told[commit]

        with clone.worktree() as tree:
            is_of_builds = self.axis.package == NIGHTLIES
            builds = boundary if is_of_builds else answer.nightly
            releases = None if is_of_builds else boundary
            for old, new in self._commit_bounds(builds, releases, clone):
                sides = []
                for commit in (old, new):
                    checked_out(tree, commit)
                    sides.append(is_new(tree, commit))
                if sides == [False, True]:
                    answer.commits = first_new_commit(tree, old, new, is_new)
                    return
        answer.notes.append("the commits at both ends do not show the change")

    def _commit_bounds(
        self, builds: Boundary | None, releases: Boundary | None, clone: Clone
    ) -> Iterator[tuple[str, str]]:
        """Commits around the change: by the days of the daily builds first, then by the tags."""
        if builds:
            versions = [each.version for each in (builds.old, builds.new)]
            found = [self._rules.catalogue.find("keras", version) for version in versions]
            days = [clone.before(each.uploaded) for each in found if each]
            if len(days) == 2 and days[0] and days[1] and clone.count(days[0], days[1]):
                yield days[0], days[1]
        if releases:
            yield clone.release(str(releases.old)), clone.release(str(releases.new))

    # ------------------------------------------------------------------ the lines

    def _take_hunks(self, answer: BisectionResult, boundary: Boundary) -> None:
        """The changed functions of the culprit, starting from the frames of both answers."""
        culprit = answer.culprit
        frames = (boundary.before.frames, boundary.after.frames)
        if culprit is None or not any(frames):
            return
        swaps = culprit.swaps if culprit.proof else ()
        for swap in swaps:
            if not (swap.old and swap.new) or swap.name == PYTHON:
                continue
            one, other = swap.distributions
            old = sources.sources_of(one, swap.old, boundary.old.pair.python)
            new = sources.sources_of(other, swap.new, boundary.new.pair.python)
            found = hunks.changed_functions(old, new, *frames)
            answer.compared |= hunks.reaches(old, frames[0]) or hunks.reaches(new, frames[1])
            answer.hunks += found
            files = dict.fromkeys(hunk.file for hunk in found)
            named = {f"{hunk.file}: {hunk.function}" for hunk in found}
            answer.beside += [
                each for each in hunks.changed_beside(old, new, files) if each not in named
            ]
