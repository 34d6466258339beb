"""A bisection: release, culprit, lines of maintenance, daily build, commit and changed lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.bisect import hunks, sources
from harness.bisect.axes import Axis, Point
from harness.bisect.commits import Clone, FirstCommits, checked_out, first_new_commit
from harness.bisect.culprit import Culprit, find_culprit
from harness.bisect.hunks import Hunk
from harness.bisect.prober import Observed, Prober
from harness.bisect.question import Question
from harness.bisect.search import Change
from harness.bisect.walk import Walk, walk
from harness.cases import Case
from harness.environments import NoEnvironment
from harness.errors import Fault
from harness.pairs import Planner
from harness.signatures import Signature

LEVELS = ("release", "nightly", "commit")


@dataclass(frozen=True)
class Boundary:
    """Two neighbours with the change between them, and what each answered.

    ``open`` are the points between the two that gave no answer.
    """

    old: Point
    new: Point
    before: Observed
    after: Observed
    open: tuple[Observed, ...] = ()


@dataclass(frozen=True)
class LineState:
    """How a line of maintenance ends: ``has`` the newer behaviour, the older, or neither (None).

    ``boundary`` is where the line itself came to it, if it did after its fork.
    """

    end: Point
    observed: Observed | None
    has: bool | None
    boundary: Boundary | None = None


@dataclass
class Answer:
    """All that a bisection found; what was not sought or not found is empty."""

    walk: Walk
    boundary: Boundary | None = None
    others: list[Boundary] = field(default_factory=list)
    culprit: Culprit | None = None
    lines: list[LineState] = field(default_factory=list)
    prerelease: Boundary | None = None
    nightly: Boundary | None = None
    commits: FirstCommits | None = None
    hunks: list[Hunk] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    probes: int = 0


class Bisection:
    """One question to one case or script along one axis."""

    def __init__(
        self,
        case: Case,
        format_name: str,
        question: Question,
        axis: Axis,
        prober: Prober,
        planner: Planner,
        *,
        workers: int,
        stage: Callable[[str], None],
    ) -> None:
        self.case = case
        self.format = format_name
        self.question = question
        self.axis = axis
        self._prober = prober
        self._planner = planner
        self._workers = workers
        self._stage = stage
        self._notes: list[str] = []

    def run(
        self,
        low: Point | None = None,
        high: Point | None = None,
        *,
        every: bool = False,
        level: str = "release",
        repo: str | None = None,
    ) -> Answer:
        """Find the change between two points, and then what made it, as deep as ``level`` says."""
        clone = Clone(repo) if repo else None
        self._stage("releases")
        found = self._releases(low, high, every)
        answer = Answer(found, notes=self._notes)
        if found.finding.change is not None:
            answer.boundary = _boundary(found, found.finding.change)
            answer.others = [_boundary(found, each) for each in found.finding.others]
            self._explain(answer, level, clone)
        answer.probes = self._prober.probes
        return answer

    def _releases(self, low: Point | None, high: Point | None, every: bool) -> Walk:
        """Search the line of the newer bound; or that of the older, where it left the former."""
        high = high or self.axis.newest
        line = self.axis.line(high)
        if low is None or low in line:
            return self._walk(line, low, high, every)
        fork = self.axis.fork(low, high)
        ends = (low, fork, high)
        self._prober.ask([each.pair for each in ends if not self._prober.known(each.pair)])
        of_low, of_fork, of_high = map(self._answer, ends)
        self._notes.append(f"{low} and {high} are on two lines, which parted at {fork}")
        if of_fork is None or of_fork != of_high or of_fork == of_low:
            return self._walk(line, fork, high, every)
        # The newer bound is as it ever was; seen from the fork, the change is the older's own, and
        # leads the other way.
        self.question = self.question.reversed
        return self._walk(self.axis.line(low), fork, low, every)

    def _walk(
        self, points: Sequence[Point], low: Point | None, high: Point | None, every: bool = False
    ) -> Walk:
        return walk(
            points, self.question, self._prober,
            workers=self._workers, low=low, high=high, every=every,
        )  # fmt: skip

    def _answer(self, point: Point) -> object:
        observed = self._prober.known(point.pair)
        return self.question.answer(observed.signature) if observed and observed.signature else None

    def _explain(self, answer: Answer, level: str, clone: Clone | None) -> None:
        boundary = answer.boundary
        assert boundary is not None
        self._stage("culprit")
        answer.culprit = self._culprit(boundary)
        self._stage("lines of maintenance")
        answer.lines = self._line_states(boundary, answer.walk)
        if level != "release":
            self._deeper(answer, boundary, level, clone)
        self._stage("changed lines")
        self._take_hunks(answer, boundary)

    def _culprit(self, boundary: Boundary) -> Culprit:
        releases = (boundary.old.version, boundary.new.version)
        stored = [
            pair
            for pair in self._planner.cross()
            if self.axis.package == "keras"
            and not boundary.old.pair.edits
            and pair.keras in releases
        ]
        witnesses = [each for pair in stored if (each := self._prober.known(pair))]
        after = boundary.after.signature
        assert after is not None
        return find_culprit(
            boundary.before, boundary.after, self._prober, self._planner,
            lambda signature: self.question.is_same(signature, after), witnesses,
        )  # fmt: skip

    def _is_like(self, signature: Signature, other: Observed) -> bool:
        assert other.signature is not None
        return self.question.answer(signature) == self.question.answer(other.signature)

    def _line_states(self, boundary: Boundary, found: Walk) -> list[LineState]:
        """How the lines end that left the searched one between its ends.

        What left it at its newer end or goes on from there is told as far as it is known.
        """
        asked = [point for point, each in zip(found.points, found.observed, strict=True) if each]
        states = []
        for line in self.axis.side_lines(asked[0], asked[-1]):
            fork, end = line[0], line[-1]
            known = self._prober.known(end.pair)
            if known is None and fork != asked[-1]:
                self._prober.ask([end.pair])
                known = self._prober.known(end.pair)
            if known is None:
                continue
            has, change = self._which(known, boundary), None
            if has is not (fork.version >= boundary.new.version) and fork != asked[-1]:
                own = self._walk(line, fork, end)
                change = _boundary(own, own.finding.change) if own.finding.change else None
            states.append(LineState(end, known, has, change))
        return states

    def _which(self, observed: Observed | None, boundary: Boundary) -> bool | None:
        if observed is None or observed.signature is None:
            return None
        if self._is_like(observed.signature, boundary.after):
            return True
        return False if self._is_like(observed.signature, boundary.before) else None

    # ------------------------------------------------------------------ below the release

    def _deeper(self, answer: Answer, boundary: Boundary, level: str, clone: Clone | None) -> None:
        culprit, package = answer.culprit, self.axis.package
        if not (culprit and culprit.has(package)):
            answer.notes.append(f"{package} is not the culprit, so its daily builds show no more")
            return
        self._stage("pre-releases and daily builds")
        # With the packages of the newer release throughout, only one package differs from here on.
        release = self._planner.catalogue.find(package, boundary.old.version)
        old = self.axis.like(boundary.new, release) if release else boundary.old
        ends = [old, boundary.new]
        for name, between in (
            ("prerelease", self.axis.prereleases(*ends)),
            ("nightly", self.axis.nightlies(*ends)),
        ):
            if not between:
                if name == "nightly":
                    answer.notes.append(f"no daily build lies between {ends[0]} and {ends[1]}")
                continue
            found = self._walk([ends[0], *between, ends[1]], ends[0], ends[1])
            if found.finding.change is None:
                answer.notes.append(f"among the {name}s: {found.finding.verdict.value}")
                continue
            finer = _boundary(found, found.finding.change)
            setattr(answer, name, finer)
            ends = [finer.old, finer.new]
        if level == "commit" and clone is not None:
            self._stage("commits")
            self._commits(answer, boundary, ends, clone)

    def _commits(
        self, answer: Answer, boundary: Boundary, ends: Sequence[Point], clone: Clone
    ) -> None:
        def is_new(tree: Path, commit: str) -> bool | None:
            observed = self._prober.at_commit(boundary.new.pair, commit, tree)
            return self._which(observed, boundary)

        with clone.worktree() as tree:
            for old, new in self._commit_bounds(boundary, ends, clone):
                sides = []
                for commit in (old, new):
                    checked_out(tree, commit)
                    sides.append(is_new(tree, commit))
                if sides == [False, True]:
                    answer.commits = first_new_commit(tree, old, new, is_new)
                    return
        answer.notes.append("the commits of the two releases do not show the change")

    def _commit_bounds(
        self, boundary: Boundary, ends: Sequence[Point], clone: Clone
    ) -> list[tuple[str, str]]:
        """Commits around the change: by the days of the daily builds first, then by the tags."""
        bounds = []
        builds = [each.version for each in ends if each.version.is_devrelease]
        releases = [self._planner.catalogue.find(self.axis.package, each) for each in builds]
        moments = [each.uploaded for each in releases if each]
        if len(moments) == 2:
            by_day = (clone.before(moments[0]), clone.before(moments[1]))
            if by_day[0] and by_day[1] and clone.count(by_day[0], by_day[1]):
                bounds.append((by_day[0], by_day[1]))
        bounds.append((clone.release(str(boundary.old)), clone.release(str(boundary.new))))
        return bounds

    # ------------------------------------------------------------------ the lines

    def _take_hunks(self, answer: Answer, boundary: Boundary) -> None:
        """The changed functions of the culprit, starting from the frames of both answers."""
        frames = [
            (each.cell.error or {}).get("frames", ()) if each.cell else ()
            for each in (boundary.before, boundary.after)
        ]
        for swap in answer.culprit.swaps if answer.culprit else ():
            if not (swap.old and swap.new) or swap.name == "python":
                continue
            try:
                old, new = (
                    sources.sources_of(swap.name, version, boundary.new.pair.python)
                    for version in (swap.old, swap.new)
                )
            except (Fault, NoEnvironment) as reason:
                answer.notes.append(str(reason))
                continue
            found = hunks.changed_functions(old, new, *frames)
            answer.hunks += found
            files = dict.fromkeys(hunk.file for hunk in found)
            named = {f"{hunk.file}: {hunk.function}" for hunk in found}
            answer.beside += [
                each for each in hunks.changed_beside(old, new, files) if each not in named
            ]


def _boundary(found: Walk, change: Change) -> Boundary:
    old, new = found.ends(change)
    return Boundary(old, new, found.seen(old), found.seen(new), tuple(found.left_open(change)))
