"""The search for a change along a line of points.

The search is pure: it is given the answers so far and returns the points to ask next. Points are
numbered from 0, the oldest. An answer is any hashable value, or None where a point was asked and
gave no result. Nothing is kept between two calls: what to ask next and what is found follow from
the answers alone, so a search can be interrupted, resumed and replayed.

With both bounds given, one change among ``n`` points takes at most ``ceil(log2(n)) + 2`` answers,
or ``1 + ceil(log(n, k + 1))`` rounds of ``k`` points each. Without an older bound the search first
goes back from the newest point in steps that double, which at most doubles the number of answers.
Where all of these agree, it asks between them until no stretch of more than `UNSEEN` points is left
unasked. A search whose two bounds agree goes on in the same way, since the behaviour may have come
and gone in between.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

#: A search without an older bound may leave stretches of up to this many points unasked.
UNSEEN = 4

Answer = Hashable
Answers = Mapping[int, Answer | None]
IsTurn = Callable[[Answer, Answer], bool]


def differ(old: Answer, new: Answer) -> bool:
    """Whether two answers differ: what a search for any change looks for."""
    return old != new


@dataclass(frozen=True)
class SearchSpec:
    """What to search for, from the point ``low`` to the point ``high``.

    ``is_turn`` says whether the change lies between an older and a newer answer. ``low`` is None
    where the search has to find the older bound as well. ``every`` searches for all changes.
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
        """Whether both ends are asked before anything else."""
        return self.every or self.low is not None


@dataclass(frozen=True)
class Gap:
    """Two points with an answer, and no other point with an answer between them."""

    old: int
    new: int

    @property
    def open(self) -> range:
        """The points between the two: asked without a result, or not asked yet."""
        return range(self.old + 1, self.new)


class SearchStatus(Enum):
    """Where a search stands, or how it ended, in words for the user."""

    SEARCHING = "the search is still going on"
    FOUND = "the change was found"
    SAME = "both bounds behave the same"
    REVERSED = "the bounds are the wrong way round"
    OTHER = "the bounds behave differently, but not in the way that was searched for"
    NOWHERE = "no two neighbours among the tested releases differ in the way that was searched for"
    NO_ANSWER = "fewer than two releases gave a result"


@dataclass(frozen=True)
class SearchResult:
    """What follows from the answers.

    ``others`` are further changes, as certain as the answers on both sides. ``unasked`` counts the
    points that were never asked because the answers on both sides of them agree: a change and its
    reversal may hide there.
    """

    status: SearchStatus
    change: Gap | None = None
    others: tuple[Gap, ...] = ()
    unasked: int = 0


def next_points(spec: SearchSpec, answers: Answers, width: int = 1) -> list[int]:
    """The points to ask next, at most ``width``; none once the search is over."""
    if spec.is_bounded:
        return _next_between_bounds(spec, answers, width)
    return _next_back_from_newest(spec, answers, width)


def _next_between_bounds(spec: SearchSpec, answers: Answers, width: int) -> list[int]:
    """Both ends first, then points between them."""
    ends = _ends(spec, answers)
    if unasked := _unasked(ends, answers):
        return unasked[:width]
    if len(ends) < 2:
        return []
    if spec.every:
        return _next_in_gaps(spec, answers, width)
    low, high = answers[ends[0]], answers[ends[1]]
    if spec.is_turn(low, high):
        return _next_in_turn(_newest_turn(spec, answers), answers, width)
    if low == high:  # the behaviour may have come and gone in between
        return _next_back_from_newest(spec, answers, width)
    return []


def _next_back_from_newest(spec: SearchSpec, answers: Answers, width: int) -> list[int]:
    """The newest point first, then points inside a known change, or else further back."""
    if unasked := _unasked(_ends(spec, answers)[-1:], answers):
        return unasked
    if turn := _newest_turn(spec, answers):
        return _next_in_turn(turn, answers, width)
    if steps := _unasked_steps_back(spec, answers):
        return steps[:width]
    if middles := _next_in_gaps(spec, answers, width, ignored=UNSEEN):
        return middles
    return _next_before_oldest_answer(spec, answers)


def _next_before_oldest_answer(spec: SearchSpec, answers: Answers) -> list[int]:
    """The middle of what lies before the oldest answer, if the oldest points gave no result."""
    oldest = next(iter(_answered(spec, answers)), spec.range.start)
    unasked = _unasked(range(spec.range.start, oldest), answers)
    return [unasked[len(unasked) // 2]] if len(unasked) > UNSEEN else []


def _next_in_turn(turn: Gap | None, answers: Answers, width: int) -> list[int]:
    """Points that split the gap in which the change lies."""
    if turn is None:
        return []
    return _spread(_unasked(turn.open, answers), width)


def result_of(spec: SearchSpec, answers: Answers) -> SearchResult:
    """What follows from the answers so far."""
    gaps = _gaps(spec, answers)
    status = _status(spec, answers)
    change = _newest_turn(spec, answers) if status is SearchStatus.FOUND else None
    others = tuple(gap for gap in gaps if _is_change(gap, answers) and gap != change)
    unasked = sum(len(_unasked(gap.open, answers)) for gap in gaps if not _is_change(gap, answers))
    return SearchResult(status, change, others, unasked)


def deciding_points(spec: SearchSpec, answers: Answers) -> list[int]:
    """The points whose answers the result of a finished search rests on.

    These are both sides of the change that was searched for, of each change where all were searched
    for, and both ends where there is none. Other changes that were met on the way do not count.
    """
    found = result_of(spec, answers)
    if found.change is None:
        answered = _answered(spec, answers)
        return sorted({*answered[:1], *answered[-1:]})
    changes = [found.change, *(found.others if spec.every else ())]
    return sorted({point for gap in changes for point in (gap.old, gap.new)})


def _status(spec: SearchSpec, answers: Answers) -> SearchStatus:
    if next_points(spec, answers):
        return SearchStatus.SEARCHING
    known = _answered(spec, answers)
    if len(known) < 2:
        return SearchStatus.NO_ANSWER
    low, high = answers[known[0]], answers[known[-1]]
    is_one_change = spec.is_bounded and not spec.every
    if is_one_change and low != high and not spec.is_turn(low, high):
        return SearchStatus.REVERSED if spec.is_turn(high, low) else SearchStatus.OTHER
    if _newest_turn(spec, answers):
        return SearchStatus.FOUND
    return SearchStatus.SAME if is_one_change else SearchStatus.NOWHERE


def _ends(spec: SearchSpec, answers: Answers) -> list[int]:
    """The outermost points that have an answer or were not asked yet: two, one or none."""
    oldest = _first_not_silent(spec.range, answers)
    newest = _first_not_silent(reversed(spec.range), answers)
    if oldest is None or newest is None:
        return []
    return [oldest] if oldest == newest else [oldest, newest]


def _first_not_silent(points: Iterable[int], answers: Answers) -> int | None:
    return next((point for point in points if not _is_silent(point, answers)), None)


def _is_silent(point: int, answers: Answers) -> bool:
    """Whether a point was asked and gave no result."""
    return point in answers and answers[point] is None


def _answered(spec: SearchSpec, answers: Answers) -> list[int]:
    """The points with an answer, oldest first."""
    return sorted(
        point for point, answer in answers.items() if answer is not None and point in spec.range
    )


def _unasked(points: Iterable[int], answers: Answers) -> list[int]:
    return [point for point in points if point not in answers]


def _gaps(spec: SearchSpec, answers: Answers) -> list[Gap]:
    return [Gap(*gap) for gap in pairwise(_answered(spec, answers))]


def _is_change(gap: Gap, answers: Answers) -> bool:
    return answers[gap.old] != answers[gap.new]


def _newest_turn(spec: SearchSpec, answers: Answers) -> Gap | None:
    for gap in reversed(_gaps(spec, answers)):
        if spec.is_turn(answers[gap.old], answers[gap.new]):
            return gap
    return None


def _next_in_gaps(spec: SearchSpec, answers: Answers, width: int, ignored: int = 0) -> list[int]:
    """The middles of the gaps: first of those that hold a change, then of the widest others.

    Gaps of at most ``ignored`` unasked points are left alone. A gap with equal answers at its ends
    can hide a change and its reversal; only asking each of its points rules that out.
    """
    middles = []
    for gap in _gaps(spec, answers):
        unasked = _unasked(gap.open, answers)
        if len(unasked) > ignored:
            middle = unasked[len(unasked) // 2]
            middles.append((not _is_change(gap, answers), -len(unasked), middle))
    return [point for _, _, point in sorted(middles)[:width]]


def _unasked_steps_back(spec: SearchSpec, answers: Answers) -> list[int]:
    """The points still to be asked on the way back from the newest, in steps that double.

    A point without a result is replaced by the next older one.
    """
    oldest = spec.range.start
    steps: list[int] = []
    point, step = spec.high, 1
    while point >= oldest:
        if _is_silent(point, answers):
            point -= 1
            continue
        steps.append(point)
        if point == oldest:
            break
        point = max(point - step, oldest)
        step *= 2
    return _unasked(steps, answers)


def _spread(points: Sequence[int], width: int) -> list[int]:
    """Up to ``width`` of the points, spread as evenly as possible."""
    if len(points) <= width:
        return list(points)
    return [points[len(points) * (place + 1) // (width + 1)] for place in range(width)]
