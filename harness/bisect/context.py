"""What all steps of a bisection share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.bisect.axes import Axis, Point
from harness.bisect.oracles.oracle import Oracle
from harness.bisect.question import Criterion, Question
from harness.bisect.walk import Walk, walk
from harness.releases.pair_rules import PairRules


@dataclass(frozen=True)
class BisectionContext:
    """The question, the axis it is asked along, and the oracle that answers it."""

    question: Question
    axis: Axis
    oracle: Oracle
    rules: PairRules
    workers: int

    def walk(
        self,
        points: Sequence[Point],
        criterion: Criterion,
        low: Point | None = None,
        high: Point | None = None,
        *,
        every: bool = False,
        confirm: bool = True,
    ) -> Walk:
        """Search along points, several at a time; see `harness.bisect.walk.walk`."""
        return walk(
            points,
            criterion,
            self.oracle,
            workers=self.workers,
            low=low,
            high=high,
            every=every,
            confirm=confirm,
        )
