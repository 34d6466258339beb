"""A walk along a line of points: the search says what to ask, and the oracle answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.bisect.axes import Point
from harness.bisect.observation import Observation
from harness.bisect.oracles.oracle import Oracle
from harness.bisect.question import Criterion
from harness.bisect.search import (
    Gap,
    SearchResult,
    SearchSpec,
    deciding_points,
    next_points,
    result_of,
)


@dataclass(frozen=True)
class Boundary:
    """Two points with a change between them, and what was observed at each.

    ``silent`` are the points between the two that gave no result, ``unasked`` is the number of
    points between them that were never asked: only where it is 0 is the change next to both.
    """

    old: Point
    new: Point
    before: Observation
    after: Observation
    silent: tuple[tuple[Point, Observation], ...] = ()
    unasked: int = 0


@dataclass(frozen=True)
class Walk:
    """A finished search: its points, what was observed at each, and what follows from that.

    ``provisional`` are the observations that the result rests on and that are only provisional
    timeouts.
    """

    points: Sequence[Point]
    observed: Sequence[Observation | None]
    result: SearchResult
    provisional: Sequence[Observation] = ()

    @property
    def boundary(self) -> Boundary | None:
        """The boundary that was searched for, or None where it was not found."""
        return self.boundary_at(self.result.change) if self.result.change else None

    @property
    def asked(self) -> list[tuple[Point, Observation]]:
        """The points that were asked, with what was observed there."""
        both = zip(self.points, self.observed, strict=True)
        return [(point, observation) for point, observation in both if observation]

    def boundary_at(self, gap: Gap) -> Boundary:
        """A gap as the boundary between two points."""
        before, after = self.observed[gap.old], self.observed[gap.new]
        assert before is not None and after is not None
        between = [(self.points[number], self.observed[number]) for number in gap.open]
        return Boundary(
            self.points[gap.old],
            self.points[gap.new],
            before,
            after,
            tuple((point, observation) for point, observation in between if observation),
            sum(observation is None for _, observation in between),
        )


def walk(
    points: Sequence[Point],
    criterion: Criterion,
    oracle: Oracle,
    *,
    workers: int,
    low: Point | None = None,
    high: Point | None = None,
    every: bool = False,
    confirm: bool = True,
) -> Walk:
    """Search along ``points``, oldest first, from ``low`` to ``high``.

    Without ``high`` the search ends at the newest point; without ``low`` it finds the older bound
    itself. ``every`` searches for all changes.

    Provisional timeouts say where to search. With ``confirm``, those on which the result rests are
    confirmed, and the search goes on if that changes them.

    Raises:
        NotRun: a provisional timeout would have to be confirmed, and nothing may be run.
    """
    start = points.index(low) if low else 0
    end = points.index(high) + 1 if high else len(points)
    points = points[start:end]
    spec = SearchSpec(
        len(points) - 1, 0 if low else None, is_turn=criterion.is_turn, every=every
    )  # fmt: skip
    while True:
        observed = [oracle.known(point.pair) for point in points]
        answers = {
            number: criterion.answer(observation)
            for number, observation in enumerate(observed)
            if observation
        }
        if numbers := next_points(spec, answers, workers):
            oracle.ask([points[number].pair for number in numbers])
            continue
        deciding = [observed[number] for number in deciding_points(spec, answers)]
        provisional = [seen for seen in deciding if seen and seen.provisional]
        if not confirm or not provisional:
            return Walk(points, observed, result_of(spec, answers), provisional)
        oracle.confirm([seen.pair for seen in provisional])
