"""The bisection of what a new release made worse."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from harness.bisect.axes import NIGHTLIES, Axis, Point, make_axis
from harness.bisect.bisection import Bisection
from harness.bisect.commits import Clone
from harness.bisect.console import BisectionConsole
from harness.bisect.oracle import SessionOracle
from harness.bisect.question import Question
from harness.bisect.summary import as_markdown, summarize_result
from harness.environments.builder import EnvironmentBuilder
from harness.execution.cases import Case
from harness.execution.request import Request
from harness.releases.catalogue import Release
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault, UsageError
from harness.util.escaping import markdown_code
from harness.watch.news import WatchItem
from harness.watch.summary import DifferenceGroup


class Bisector:
    """Bisects between a baseline and a new release, down to the daily build, or the commit."""

    def __init__(
        self,
        rules: PairRules,
        request: Request,
        console: Console,
        *,
        workers: int,
        clone: Clone | None,
    ) -> None:
        self._rules = rules
        self._request = replace(request, rerun=False)
        self._cases = {case.name: case for case in request.cases}
        self._console = console
        self._workers = workers
        self._clone = clone

    def answer(self, group: DifferenceGroup, command: str) -> str:
        """The answer for the first cell of a group as Markdown, which names ``command``.

        Where there is none, the reason.
        """
        name, format_name = group.first.key
        case = self._cases[name]
        screen = BisectionConsole(self._console, case, None, ())
        try:
            with screen.status:
                bisection, low, high = self._bisection(group.watched, case, format_name, screen)
                level = "commit" if self._clone and group.watched.package == "keras" else "nightly"
                answer = bisection.run(low, high, level=level, clone=self._clone)
        except (Fault, UsageError) as reason:
            screen.line(f"not bisected: {reason}")
            return f"Not bisected: {markdown_code(reason)}"
        told = summarize_result(answer, bisection)
        screen.show(told)
        return as_markdown(told, command)

    def _bisection(
        self, watched: WatchItem, case: Case, format_name: str, screen: BisectionConsole
    ) -> tuple[Bisection, Point, Point]:
        axis, low, high = self._bounds(watched)
        request = replace(self._request, cases=[case], formats=[format_name])
        oracle = SessionOracle(
            request, EnvironmentBuilder(self._rules), screen.take, workers=self._workers
        )
        bisection = Bisection(
            case, format_name, Question("change"), axis, oracle, self._rules,
            workers=self._workers, stage=screen.stage,
        )  # fmt: skip
        return bisection, low, high

    def _bounds(self, watched: WatchItem) -> tuple[Axis, Point, Point]:
        """An axis of the two releases alone; for a daily build of Keras that of all builds.

        The builds before it begin on the day of the release that it is held against.
        """
        assert watched.pair is not None and watched.baseline is not None
        new = watched.pair
        if watched.package == "keras" and watched.release.version.is_devrelease:
            axis = make_axis(
                self._rules, NIGHTLIES, tensorflow=str(new.tensorflow), python=new.python
            )
            before = self._release(watched, watched.baseline)
            return axis, axis.at(before.uploaded.date().isoformat()), axis.at(str(new.keras))
        low, high = (self._point(watched, pair) for pair in (watched.baseline, new))
        return Axis(watched.package, [low, high], self._rules), low, high

    def _point(self, watched: WatchItem, pair: Pair) -> Point:
        release = self._release(watched, pair)
        return Point(release.version, release.uploaded.date(), pair)

    def _release(self, watched: WatchItem, pair: Pair) -> Release:
        version = pair.tensorflow if watched.package == "tensorflow" else pair.keras
        release = self._rules.catalogue.find(watched.package, version)
        assert release is not None
        return release
