"""The state of the other release branches after a change was found on one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.bisect.axes import Point
from harness.bisect.context import BisectionContext
from harness.bisect.observation import Observation
from harness.bisect.question import KnownChange
from harness.bisect.walk import Boundary


@dataclass(frozen=True)
class BranchState:
    """How a release branch ends: with the newer behaviour, the older one, or neither (None).

    ``observation`` is None where the end of the branch was not tested. ``boundary`` is where the
    branch itself got that behaviour, if that was after it forked.
    """

    end: Point
    observation: Observation | None
    is_new: bool | None
    boundary: Boundary | None = None


def branch_states(
    context: BisectionContext, boundary: Boundary, first: Point, last: Point
) -> Iterator[BranchState]:
    """The states of the branches that forked between ``first`` and ``last``.

    A branch that forked at ``last``, or that goes on from it, is not tested: its state is known
    only if its end is known already. What is said of a branch may rest on provisional timeouts.
    """
    for branch in context.axis.side_branches(first, last):
        yield _branch_state(context, boundary, branch, forks_at_last=branch[0] == last)


def _branch_state(
    context: BisectionContext, boundary: Boundary, branch: Sequence[Point], *, forks_at_last: bool
) -> BranchState:
    fork, end = branch[0], branch[-1]
    if not forks_at_last and context.oracle.known(end.pair) is None:
        context.oracle.ask([end.pair])
    observation = context.oracle.known(end.pair)
    if observation is None or observation.signature is None:
        return BranchState(end, observation, None)
    is_new = KnownChange(context.question, boundary.before, boundary.after).is_newer(observation)
    was_new = fork.version >= boundary.new.version
    own_boundary = None
    if not forks_at_last and is_new is not was_new:
        question = context.question.either_way
        own_boundary = context.walk(branch, question, fork, end, confirm=False).boundary
    return BranchState(end, observation, is_new, own_boundary)
