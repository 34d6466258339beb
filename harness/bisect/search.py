"""The search for a change along a line of points: pure, it is told answers and says what to ask.

Points are numbers from 0, the oldest, on. An answer is any hashable value, or None where a point
was asked and has none. Nothing is kept between two calls: what to ask next, and what is found,
follow from the answers alone, so a search can be interrupted, resumed and replayed at will.

With both bounds given, one change among ``n`` points takes at most ``ceil(log2(n)) + 2`` answers,
or ``1 + ceil(log(n, k + 1))`` rounds of ``k``. Without an older bound the search first widens, from
the newest point back in steps that double, which at most doubles that; where all answer alike it
looks between the steps until it has seen every stretch of more than `UNSEEN` points.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

#: A stretch of so many points can stay unseen in a search without an older bound.
UNSEEN = 4

Answer = Hashable
Answers = Mapping[int, Answer | None]
IsTurn = Callable[[Answer, Answer], bool]


def differ(old: Answer, new: Answer) -> bool:
    """The turn of a search for any change."""
    return old != new


@dataclass(frozen=True)
class SearchSpec:
    """What is sought between the points ``low`` and ``high``.

    ``is_turn`` says of an older and a newer answer whether what is sought lies between them.
    ``low`` is None where the older bound is to be found, too. ``every`` asks for all changes.
    """

    high: int
    low: int | None = None
    is_turn: IsTurn = differ
    every: bool = False

    @property
    def range(self) -> range:
        """The points that may be asked."""
        return range(self.low or 0, self.high + 1)

    @property
    def is_bounded(self) -> bool:
        """Whether both ends have to be asked before anything else."""
        return self.every or self.low is not None


@dataclass(frozen=True)
class Gap:
    """Two points with different answers, and no answered point between them."""

    old: int
    new: int

    @property
    def open(self) -> range:
        """The points between the two: without an answer, or not asked yet."""
        return range(self.old + 1, self.new)


class SearchStatus(Enum):
    """How a search stands or ended."""

    SEARCHING = "the search is not over"
    FOUND = "the change is found"
    SAME = "both bounds give the same answer"
    REVERSED = "the bounds are the wrong way round"
    OTHER = "the answers at the bounds differ, and not in the way that is sought"
    NOWHERE = "what is sought lies between no two of the points that were asked"
    NO_ANSWER = "fewer than two points have an answer"


@dataclass(frozen=True)
class SearchResult:
    """What follows from the answers.

    ``others`` are changes beside ``change`` that are certain. ``unasked`` counts the points that
    were never asked and whose neighbours on both sides answer alike: between these a change there
    and back is possible.
    """

    verdict: SearchStatus
    change: Gap | None = None
    others: tuple[Gap, ...] = ()
    unasked: int = 0


def next_points(spec: SearchSpec, answers: Answers, width: int = 1) -> list[int]:
    """The points to ask next, at most ``width``; none once the search is over."""
    return (_inside if spec.is_bounded else _back)(spec, answers, width)


def _inside(spec: SearchSpec, answers: Answers, width: int) -> list[int]:
    """Both ends first, then what lies between them."""
    ends = _ends(spec, answers)
    if unasked := _unasked(ends, answers):
        return unasked[:width]
    if len(ends) < 2:
        return []
    if spec.every:
        return _in_gaps(spec, answers, width)
    if not spec.is_turn(answers[ends[0]], answers[ends[1]]):
        return []
    return _in_turn(spec, answers, width)


def _back(spec: SearchSpec, answers: Answers, width: int) -> list[int]:
    """The newest point, then inside what is known, or further back until there is something."""
    if unasked := _unasked(_ends(spec, answers)[-1:], answers):
        return unasked
    if _newest_turn(spec, answers):
        return _in_turn(spec, answers, width)
    return _widening(spec, answers)[:width] or _in_gaps(spec, answers, width, UNSEEN)


def _in_turn(spec: SearchSpec, answers: Answers, width: int) -> list[int]:
    turn = _newest_turn(spec, answers)
    return _spread(_unasked(turn.open, answers), width) if turn else []


def finding(spec: SearchSpec, answers: Answers) -> SearchResult:
    """What the answers tell so far."""
    gaps = _gaps(spec, answers)
    verdict = _verdict(spec, answers)
    change = _newest_turn(spec, answers) if verdict is SearchStatus.FOUND else None
    others = tuple(each for each in gaps if _is_change(each, answers) and each != change)
    unasked = sum(len(_unasked(gap.open, answers)) for gap in gaps if not _is_change(gap, answers))
    return SearchResult(verdict, change, others, unasked)


def _verdict(spec: SearchSpec, answers: Answers) -> SearchStatus:
    if next_points(spec, answers):
        return SearchStatus.SEARCHING
    known = _answered(spec, answers)
    if len(known) < 2:
        return SearchStatus.NO_ANSWER
    low, high = answers[known[0]], answers[known[-1]]
    if spec.is_bounded and not spec.every and not spec.is_turn(low, high):
        if low == high:
            return SearchStatus.SAME
        return SearchStatus.REVERSED if spec.is_turn(high, low) else SearchStatus.OTHER
    return SearchStatus.FOUND if _newest_turn(spec, answers) else SearchStatus.NOWHERE


def _ends(spec: SearchSpec, answers: Answers) -> list[int]:
    """The outermost points that have an answer or were not asked yet."""
    there = [point for point in spec.range if answers.get(point, ...) is not None]
    return list(dict.fromkeys([*there[:1], *there[-1:]]))


def _answered(spec: SearchSpec, answers: Answers) -> list[int]:
    return [point for point in spec.range if answers.get(point) is not None]


def _unasked(points: Iterable[int], answers: Answers) -> list[int]:
    return [point for point in points if point not in answers]


def _gaps(spec: SearchSpec, answers: Answers) -> list[Gap]:
    return [Gap(*gap) for gap in pairwise(_answered(spec, answers))]


def _is_change(gap: Gap, answers: Answers) -> bool:
    return answers[gap.old] != answers[gap.new]


def _newest_turn(spec: SearchSpec, answers: Answers) -> Gap | None:
    gaps = reversed(_gaps(spec, answers))
    return next((gap for gap in gaps if spec.is_turn(answers[gap.old], answers[gap.new])), None)


def _in_gaps(spec: SearchSpec, answers: Answers, width: int, spared: int = 0) -> list[int]:
    """The middles of the gaps: first of those that hold a change, then of the widest others.

    Gaps of at most ``spared`` unasked points are let be. A gap with equal answers at its ends can
    hide a change and its reversal, which only asking every point of it excludes.
    """
    middles = (
        (not _is_change(gap, answers), -len(unasked), unasked[len(unasked) // 2])
        for gap in _gaps(spec, answers)
        if len(unasked := _unasked(gap.open, answers)) > spared
    )
    return [point for _, _, point in sorted(middles)[:width]]


def _widening(spec: SearchSpec, answers: Answers) -> list[int]:
    """The points still to be asked on the way back from the newest, in steps that double.

    Points without an answer are stepped around: in their place the next older one is asked.
    """
    steps: list[int] = []
    point, step = spec.high, 1
    while point >= spec.range.start:
        if answers.get(point, ...) is None:
            point -= 1
            continue
        steps.append(point)
        oldest = point == spec.range.start
        point, step = (
            (point - 1 if oldest else max(point - step, spec.range.start)),
            step * 2,
        )
    return _unasked(steps, answers)


def _spread(points: Sequence[int], width: int) -> list[int]:
    """Up to ``width`` of the points, as evenly spread as can be."""
    if len(points) <= width:
        return list(points)
    return [points[len(points) * (place + 1) // (width + 1)] for place in range(width)]
