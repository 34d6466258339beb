"""The search among releases, which are on several branches."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.bisect.axes import Point
from harness.bisect.context import BisectionContext
from harness.bisect.observation import Observation
from harness.bisect.question import Question
from harness.bisect.search import SearchResult, SearchStatus
from harness.bisect.walk import Walk
from harness.util.errors import UsageError


@dataclass(frozen=True)
class ReleaseSearch:
    """A finished search among releases.

    ``question`` is the one that was answered: where only the older branch has the change, it is
    the given question with its sides exchanged. ``others`` are walks along other branches that do
    not have the change, either.
    """

    question: Question
    walk: Walk
    notes: tuple[str, ...] = ()
    others: tuple[Walk, ...] = ()


def search_releases(
    context: BisectionContext, low: Point | None, high: Point | None, *, every: bool
) -> ReleaseSearch:
    """Search the branch of the newer bound, or that of the older bound if only that has the change.

    The answer may rest on provisional timeouts, which the walk names.

    Raises:
        UsageError: the bounds are on two branches that have no release with a result in common.
    """
    question = context.question
    if low is None and high is not None:
        newest = context.walk([high], question)
        (observation,) = newest.observed
        if observation and not _can_be_newer(observation, question):
            wrong_bound = replace(newest, result=SearchResult(SearchStatus.OTHER))
            return ReleaseSearch(question, wrong_bound)
    end = high or context.axis.newest
    branch = context.axis.branch(end)
    if low is not None and low not in branch:
        return _search_two_branches(context, low, end, every=every)
    walk = context.walk(branch, question, low, high, every=every, confirm=False)
    bounds = [branch[-1]] if low is None else [low, branch[-1]]
    return ReleaseSearch(question, walk, _notes_on_silent_bounds(walk, question, bounds))


def _can_be_newer(observation: Observation, question: Question) -> bool:
    """Whether an observation can be the newer side of the change; one without result can."""
    answer = question.answer(observation)
    return answer is None or question.can_be_newer(answer)


def _search_two_branches(
    context: BisectionContext, low: Point, high: Point, *, every: bool
) -> ReleaseSearch:
    """Search between bounds that are on two branches: first from their fork to the newer bound.

    On the branch of the older bound, the change goes the other way in the order of releases.
    """
    question = context.question
    bounds = context.walk([low, high], question, low, high)
    is_wrong_way = bounds.result.status in (SearchStatus.REVERSED, SearchStatus.OTHER)
    if bounds.result.status is SearchStatus.NO_ANSWER or (is_wrong_way and not every):
        return ReleaseSearch(question, bounds)
    fork, at_fork = _known_fork(context, low, high)
    note = _note_on_fork(context, low, high, fork)
    branches = [(question, high, low), (question.reversed, low, high)]
    if bounds.boundary and question.answer(at_fork) == question.answer(bounds.boundary.after):
        del branches[0]  # the newer bound behaves like the fork
    walks: list[Walk] = []
    for asked, end, other_end in branches:
        branch = context.axis.branch(end)
        walk = context.walk(branch, asked, fork, end, every=every, confirm=False)
        if walk.boundary is not None:
            rest = [_note_on_rest(fork, other_end)] if every and not walks else []
            return ReleaseSearch(asked, walk, (note, *rest))
        walks.append(walk)
    return ReleaseSearch(branches[0][0], walks[0], (note,), tuple(walks[1:]))


def _note_on_fork(context: BisectionContext, low: Point, high: Point, fork: Point) -> str:
    parted = context.axis.common_ancestors(low, high)[0]
    note = f"{low} and {high} are on two branches, which parted at {parted}"
    if parted != fork:
        note += f"; {parted} gave no result, and {fork} stands for it"
    return note


def _note_on_rest(fork: Point, end: Point) -> str:
    return f"changes from {fork} to {end} are not shown here: --old {fork} --new {end} finds them"


def _known_fork(context: BisectionContext, low: Point, high: Point) -> tuple[Point, Observation]:
    """The newest common ancestor of both bounds that gives a result."""
    for fork in context.axis.common_ancestors(low, high):
        (observation,) = context.walk([fork], context.question).observed
        if observation and context.question.answer(observation) is not None:
            return fork, observation
    raise UsageError(f"{low} and {high} have no release in common that gives a result")


def _notes_on_silent_bounds(walk: Walk, question: Question, bounds: list[Point]) -> tuple[str, ...]:
    """Say which bounds gave no result, so that another point was used instead."""
    if walk.result.status is SearchStatus.NO_ANSWER:
        return ()
    return tuple(
        f"{point} {_why_silent(observation)}, so its neighbour was used as the bound"
        for point, observation in walk.asked
        if point in bounds and question.answer(observation) is None
    )


def _why_silent(observation: Observation) -> str:
    return "gave no result" if observation.signature is None else "does not support the case"
