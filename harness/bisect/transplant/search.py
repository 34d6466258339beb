"""The search for the fewest parts that turn the behaviour over: files first, then definitions.

One part is enough most of the time, so a single one is looked for first, and delta debugging comes
in only where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar

from harness.bisect.ddmin import Verdict, smallest_set
from harness.bisect.transplant.graft import Part
from harness.bisect.transplant.likely import Likelihood
from harness.bisect.transplant.trials import Trials

Item = TypeVar("Item")


def smallest_parts(trials: Trials, likely: Likelihood) -> list[Part]:
    """The fewest parts found that make the base behave like the donor, likeliest first.

    That all changed files together do so is known. No single part of the result can be left out.

    Raises:
        TooManyTrials: there were too many trials.
    """
    files = _smallest_files(trials, likely)
    candidates = trials.applied(part for file in files for part in trials.graft.parts(file))
    parts = likely.ordered_parts(candidates)
    return single(parts, trials.turn, likely.is_in_traceback) or _smallest(parts, trials.turn)


def _smallest_files(trials: Trials, likely: Likelihood) -> list[str]:
    """The fewest files: a single one, or some of those that are executed, or some of all."""
    executed = likely.executed_files
    if found := single(executed, trials.turn_files, likely.is_file_in_traceback):
        return found
    if trials.turn_files(executed):
        return _smallest(executed, trials.turn_files)
    others = likely.ordered_files(set(trials.graft.changed_files()) - set(executed))
    found = single(others, trials.turn_files, likely.is_file_in_traceback)
    return found or _smallest([*executed, *others], trials.turn_files)


def single(
    items: Sequence[Item],
    turn: Callable[[Sequence[Item]], Verdict],
    is_likely: Callable[[Item], bool],
) -> list[Item]:
    """The one item that turns the behaviour over by itself, as a list; empty if none is found.

    ``items`` are in the order of likelihood; those that are likely by themselves, which come first,
    are tried one by one. The others are halved by likelihood: where the likelier half does not turn
    the behaviour over, the item is taken to be in the other. What is left at the end is tried.
    """
    rest = list(items)
    while rest and is_likely(rest[0]):
        if turn([rest[0]]):
            return rest[:1]
        del rest[0]
    while len(rest) > 1:
        half = _likelier_half(rest)
        rest = half if turn(half) else rest[len(half) :]
    return rest if rest and turn(rest) else []


def _likelier_half(items: Sequence[Item]) -> list[Item]:
    """The first items, with about half of the likelihood: the nth has one nth of the first's."""
    shares = list(accumulate(1 / number for number in range(1, len(items) + 1)))
    count = sum(share <= shares[-1] / 2 for share in shares)
    return list(items[: max(count, 1)])


def _smallest(items: Sequence[Item], turn: Callable[[Sequence[Item]], Verdict]) -> list[Item]:
    """The smallest set that delta debugging finds, in the order of the items."""
    by_name = {str(item): item for item in items}

    def try_set(names: frozenset[str]) -> Verdict:
        return turn([item for name, item in by_name.items() if name in names])

    smallest = smallest_set(list(by_name), try_set, likely=0)
    return [item for name, item in by_name.items() if name in smallest]
