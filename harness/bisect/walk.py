"""A walk along a line of points: the search asks, the prober answers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from harness.bisect.axes import Point
from harness.bisect.prober import Observed, Prober
from harness.bisect.question import Question
from harness.bisect.search import Change, Finding, Quest, Verdict, finding, next_points


@dataclass(frozen=True)
class Walk:
    """A search that is over: the points, what each answered, and what follows."""

    points: Sequence[Point]
    observed: Sequence[Observed | None]
    finding: Finding

    @property
    def is_found(self) -> bool:
        """Whether what was sought is between two neighbours."""
        return self.finding.verdict is Verdict.FOUND

    def ends(self, change: Change) -> tuple[Point, Point]:
        """The points on both sides of a change."""
        return self.points[change.old], self.points[change.new]

    def seen(self, point: Point) -> Observed:
        """What a point answered that was asked."""
        observed = self.observed[self.points.index(point)]
        assert observed is not None
        return observed

    def left_open(self, change: Change) -> list[Observed]:
        """The points without an answer between both sides of a change."""
        return [each for each in (self.observed[point] for point in change.open) if each]


def walk(
    points: Sequence[Point],
    question: Question,
    prober: Prober,
    *,
    workers: int,
    low: Point | None = None,
    high: Point | None = None,
    every: bool = False,
) -> Walk:
    """Search along ``points``, oldest first, between two of them; ``low`` may be left to find."""
    points = points[points.index(low) if low else 0 : points.index(high) + 1 if high else None]
    bounded = 0 if low else None
    quest = Quest(len(points) - 1, bounded, is_turn=question.is_turn, every=every)
    while True:
        observed = [prober.known(point.pair) for point in points]
        answers = {number: _answer(question, each) for number, each in enumerate(observed) if each}
        wanted = next_points(quest, answers, workers)
        if not wanted:
            return Walk(points, observed, finding(quest, answers))
        prober.ask([points[number].pair for number in wanted])


def _answer(question: Question, observed: Observed) -> Hashable | None:
    return question.answer(observed.signature) if observed.signature else None
