"""The bisection of what a new release made worse."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from harness.bisect.axes import NIGHTLIES, Axis, Point, make_axis
from harness.bisect.bisection import Bisection
from harness.bisect.commits import Clone
from harness.bisect.console import Screen
from harness.bisect.oracle import SessionProber
from harness.bisect.question import Question
from harness.bisect.summary import markdown, told_of_answer
from harness.environments.builder import Builder
from harness.execution.cases import Case
from harness.execution.run_pair import Request
from harness.releases.catalogue import Release
from harness.releases.pair_rules import Pair, Planner
from harness.util.errors import Fault, UsageProblem
from harness.util.markdown import code
from harness.watch.news import Watched
from harness.watch.summary import Group


class Bisector:
    """Bisects between a baseline and a new release, down to the daily build, or the commit."""

    def __init__(
        self,
        planner: Planner,
        request: Request,
        console: Console,
        *,
        workers: int,
        clone: Clone | None,
    ) -> None:
        self._planner = planner
        self._request = replace(request, rerun=False)
        self._cases = {case.name: case for case in request.cases}
        self._console = console
        self._workers = workers
        self._clone = clone

    def answer(self, group: Group, command: str) -> str:
        """The answer for the first cell of a group as Markdown, which names ``command``.

        Where there is none, the reason.
        """
        name, format_name = group.first.key
        case = self._cases[name]
        screen = Screen(self._console, case, None, ())
        try:
            with screen.status:
                bisection, low, high = self._bisection(group.watched, case, format_name, screen)
                level = "commit" if self._clone and group.watched.package == "keras" else "nightly"
                answer = bisection.run(low, high, level=level, clone=self._clone)
        except (Fault, UsageProblem) as reason:
            screen.line(f"not bisected: {reason}")
            return f"Not bisected: {code(reason)}"
        told = told_of_answer(answer, bisection)
        screen.show(told)
        return markdown(told, command)

    def _bisection(
        self, watched: Watched, case: Case, format_name: str, screen: Screen
    ) -> tuple[Bisection, Point, Point]:
        axis, low, high = self._bounds(watched)
        request = replace(self._request, cases=[case], formats=[format_name])
        prober = SessionProber(request, Builder(self._planner), screen.take, workers=self._workers)
        bisection = Bisection(
            case, format_name, Question("change"), axis, prober, self._planner,
            workers=self._workers, stage=screen.stage,
        )  # fmt: skip
        return bisection, low, high

    def _bounds(self, watched: Watched) -> tuple[Axis, Point, Point]:
        """An axis of the two releases alone; for a daily build of Keras that of all builds.

        The builds before it begin on the day of the release that it is held against.
        """
        assert watched.pair is not None and watched.baseline is not None
        new = watched.pair
        if watched.package == "keras" and watched.release.version.is_devrelease:
            axis = make_axis(
                self._planner, NIGHTLIES, tensorflow=str(new.tensorflow), python=new.python
            )
            before = self._release(watched, watched.baseline)
            return axis, axis.at(before.uploaded.date().isoformat()), axis.at(str(new.keras))
        low, high = (self._point(watched, pair) for pair in (watched.baseline, new))
        return Axis(watched.package, [low, high], self._planner), low, high

    def _point(self, watched: Watched, pair: Pair) -> Point:
        release = self._release(watched, pair)
        return Point(release.version, release.uploaded.date(), pair)

    def _release(self, watched: Watched, pair: Pair) -> Release:
        version = pair.tensorflow if watched.package == "tensorflow" else pair.keras
        release = self._planner.catalogue.find(watched.package, version)
        assert release is not None
        return release
