"""A walk along a line of points: the search asks, the prober answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.bisect.axes import Point
from harness.bisect.observation import Observation
from harness.bisect.oracle import Oracle
from harness.bisect.question import Criterion
from harness.bisect.search import Gap, SearchResult, SearchSpec, finding, next_points


@dataclass(frozen=True)
class Boundary:
    """Two neighbours with a change between them, and what each answered.

    ``open`` are the points between the two that gave no answer, ``unasked`` counts those that were
    never asked; only where it is 0 are the two neighbours.
    """

    old: Point
    new: Point
    before: Observation
    after: Observation
    open: tuple[tuple[Point, Observation], ...] = ()
    unasked: int = 0


@dataclass(frozen=True)
class Walk:
    """A search that is over: the points, what each answered, and what follows."""

    points: Sequence[Point]
    observed: Sequence[Observation | None]
    finding: SearchResult

    @property
    def boundary(self) -> Boundary | None:
        """Where the change is, if it was found."""
        return self.around(self.finding.change) if self.finding.change else None

    @property
    def asked(self) -> list[tuple[Point, Observation]]:
        """The points that were asked, and what they said."""
        both = zip(self.points, self.observed, strict=True)
        return [(point, observed) for point, observed in both if observed]

    def around(self, change: Gap) -> Boundary:
        """Both sides of a change."""
        before, after = self.observed[change.old], self.observed[change.new]
        assert before is not None and after is not None
        between = [(self.points[each], self.observed[each]) for each in change.open]
        return Boundary(
            self.points[change.old], self.points[change.new], before, after,
            tuple((point, seen) for point, seen in between if seen),
            sum(seen is None for _, seen in between),
        )  # fmt: skip


def walk(
    points: Sequence[Point],
    question: Criterion,
    oracle: Oracle,
    *,
    workers: int,
    low: Point | None = None,
    high: Point | None = None,
    every: bool = False,
) -> Walk:
    """Search along ``points``, oldest first, between two of them; ``low`` may be left to find."""
    points = points[points.index(low) if low else 0 : points.index(high) + 1 if high else None]
    bounded = 0 if low else None
    spec = SearchSpec(len(points) - 1, bounded, is_turn=question.is_turn, every=every)
    while True:
        observed = [oracle.known(point.pair) for point in points]
        answers = {number: question.answer(each) for number, each in enumerate(observed) if each}
        wanted = next_points(spec, answers, workers)
        if not wanted:
            return Walk(points, observed, finding(spec, answers))
        oracle.ask([points[number].pair for number in wanted])
