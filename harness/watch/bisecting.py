"""The bisection of the regressions that a watch has found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rich.console import Console

from harness.analysis.change_kinds import ChangeKind
from harness.bisect.answer.console import BisectionConsole
from harness.bisect.answer.summary import as_markdown, summarize_result
from harness.bisect.axes import NIGHTLIES, Axis, Point, make_axis
from harness.bisect.bisection import Bisection
from harness.bisect.commits import Clone
from harness.bisect.oracles.sessions import SessionOracle
from harness.bisect.question import Question
from harness.environments.builder import EnvironmentBuilder
from harness.execution.cases import Case
from harness.execution.request import Request
from harness.releases.catalogue import Release
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault, UsageError
from harness.util.escaping import markdown_code
from harness.util.invocation import command_line
from harness.watch.comparison import Comparison
from harness.watch.news import WatchItem
from harness.watch.summary import DifferenceGroup, WatchSummary, group_differences

#: The most regressions of one watch item that are bisected; cells that changed alike count as one.
MOST_BISECTED = 5
_NOT_BISECTED = f"Not bisected: only the first {MOST_BISECTED} regressions of a release are."


@dataclass(frozen=True)
class WatchCommand:
    """A watch with ``--bisect`` as a command; it starts at the committed catalogue or ``since``."""

    since: datetime | None
    until: datetime
    nightly: bool
    frozen: Sequence[str]

    def for_group(self, group: DifferenceGroup) -> str:
        """The command that finds and bisects the first difference of a group again."""
        case, format_name = group.first.key
        words = []
        if self.since is not None:
            words.append(f"--since={self.since:%Y-%m-%d}")
        words += [f"--until={self.until:%Y-%m-%d}", "--bisect"]
        if self.nightly:
            words.append("--nightly")
        words += [f"--frozen={specifier}" for specifier in self.frozen]
        words += [f"--case={case}", f"--format={format_name}"]
        return command_line("watch", *words)


def bisect_regressions(
    summary: WatchSummary, answer: Callable[[DifferenceGroup], str]
) -> WatchSummary:
    """Return the summary, with the answers of the bisections: ``answer`` does one.

    Only the first `MOST_BISECTED` regressions of each watch item are bisected; the answer of the
    others says so. For a regression in reading files, it is the command that bisects the readers.
    """
    answers = {}
    for comparison in summary.comparisons:
        in_cells = [group for group in _regressions(comparison) if not group.writers]
        for number, group in enumerate(in_cells):
            answers[group] = answer(group) if number < MOST_BISECTED else _NOT_BISECTED
        for group in _regressions(comparison):
            if group.writers:
                answers[group] = f"Not bisected: {markdown_code(_bisection_of_readers(group))}"
    return replace(summary, bisected=answers)


def _regressions(comparison: Comparison) -> list[DifferenceGroup]:
    return [
        group
        for group in group_differences(comparison)
        if group.first.is_worse and group.first.kind is ChangeKind.REGRESSION
    ]


def _bisection_of_readers(group: DifferenceGroup) -> str:
    """The command that finds the release that began to read a file differently."""
    case, format_name = group.first.file
    writer = str(group.first.writers[0].keras)
    words = [case, "--format", format_name, "--axis", "reader", "--writer", writer]
    return command_line("bisect", *words)


class Bisector:
    """Bisects between a baseline and a new release, down to the daily build or the commit."""

    def __init__(
        self,
        rules: PairRules,
        request: Request,
        console: Console,
        command: WatchCommand,
        *,
        workers: int,
        clone: Clone | None,
    ) -> None:
        self._rules = rules
        self._request = replace(request, rerun=False)
        self._cases = {case.name: case for case in request.cases}
        self._console = console
        self._command = command
        self._workers = workers
        self._clone = clone

    def answer(self, group: DifferenceGroup) -> str:
        """Bisect the first cell of a group; return the answer as Markdown, or why there is none."""
        case_name, format_name = group.first.key
        case = self._cases[case_name]
        screen = BisectionConsole(self._console, case, None, ())
        level = "commit" if self._clone and group.item.package == "keras" else "nightly"
        try:
            with screen.status:
                bisection, low, high = self._bisection(group.item, case, format_name, screen)
                result = bisection.run(low, high, level=level, clone=self._clone)
        except (Fault, UsageError) as reason:
            screen.line(f"not bisected: {reason}")
            return f"Not bisected: {markdown_code(reason)}"
        summary = summarize_result(result, bisection)
        screen.show(summary)
        return as_markdown(summary, self._command.for_group(group))

    def _bisection(
        self, item: WatchItem, case: Case, format_name: str, screen: BisectionConsole
    ) -> tuple[Bisection, Point, Point]:
        axis, low, high = self._bounds(item)
        request = replace(self._request, cases=[case], formats=[format_name])
        oracle = SessionOracle(
            request, EnvironmentBuilder(self._rules), screen.take, workers=self._workers
        )
        bisection = Bisection(
            case, format_name, Question("change"), axis, oracle, self._rules,
            workers=self._workers, stage=screen.stage,
        )  # fmt: skip
        return bisection, low, high

    def _bounds(self, item: WatchItem) -> tuple[Axis, Point, Point]:
        """An axis with its older and newer bound.

        The axis has only the baseline and the new release as points. For a daily build of Keras it
        has all daily builds, and the older bound is the one of the day of the baseline's release.
        """
        assert item.pair is not None and item.baseline is not None
        new = item.pair
        if item.package == "keras" and item.release.version.is_devrelease:
            axis = make_axis(
                self._rules, NIGHTLIES, tensorflow=str(new.tensorflow), python=new.python
            )
            baseline = self._release(item, item.baseline)
            low = axis.at(baseline.uploaded.date().isoformat())
            return axis, low, axis.at(str(new.keras))
        low, high = self._point(item, item.baseline), self._point(item, new)
        return Axis(item.package, [low, high], self._rules), low, high

    def _point(self, item: WatchItem, pair: Pair) -> Point:
        release = self._release(item, pair)
        return Point(release.version, release.uploaded.date(), pair)

    def _release(self, item: WatchItem, pair: Pair) -> Release:
        version = pair.tensorflow if item.package == "tensorflow" else pair.keras
        release = self._rules.catalogue.find(item.package, version)
        assert release is not None
        return release
