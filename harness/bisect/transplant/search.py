"""The search for the fewest parts that flip the behaviour: files first, then definitions.

Delta debugging halves a set, but half of a large change seldom works at all. Here the parts are in
an order of likelihood, and every trial takes the first so many of them. The shortest beginning that
flips the behaviour ends with a part that is needed. That part stays, and the search is repeated
among those before it, until the parts that were found are enough. To find one part in a hundred
takes about seven trials, as halving does, and each further part takes as many again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import PurePosixPath
from typing import TypeVar

from harness.bisect.ddmin import Verdict
from harness.bisect.transplant.graft import Part
from harness.bisect.transplant.likely import Likelihood
from harness.bisect.transplant.trials import Trials

#: How many files are tried one by one if no beginning of their list works.
MOST_ALONE = 25
#: The file with the version alone, which scripts compare: it changes in every release.
VERSION_FILE = "version.py"

Item = TypeVar("Item")
#: The parts of a file that are to be tried.
PartsOf = Callable[[str], Sequence[Part]]


def smallest_parts(trials: Trials, likely: Likelihood) -> list[Part]:
    """The fewest parts found that make the base behave like the donor, likeliest first.

    All changed files together are known to do so. Empty if nothing is found: what works as a whole
    may not work in any of the sets that are tried.

    Raises:
        TooManyTrials: there were too many trials.
    """
    graft = trials.graft
    for parts_of in (graft.parts_without_moves, graft.parts):
        if files := _smallest_files(trials, likely, parts_of):
            candidates = trials.applied(part for file in files for part in parts_of(file))
            return smallest(likely.ordered_parts(candidates), trials.turn, likely.is_in_traceback)
    return []


def _smallest_files(trials: Trials, likely: Likelihood, parts_of: PartsOf) -> list[str]:
    """The fewest files: some of those that are executed, or else some of all."""

    def turn(files: Sequence[str]) -> Verdict:
        return trials.turn([part for file in files for part in parts_of(file)])

    executed, changed = likely.executed_files, set(trials.graft.changed_files())
    if found := smallest(executed, turn, likely.is_file_in_traceback):
        return found
    versions = sorted(file for file in changed if PurePosixPath(file).name == VERSION_FILE)
    for file in [*versions, *executed[:MOST_ALONE]]:  # others together can be in the way
        if turn([file]):
            return [file]
    others = likely.ordered_files(changed - set(executed))
    return smallest([*executed, *others], turn, lambda _: False)


def smallest(
    items: Sequence[Item],
    turn: Callable[[Sequence[Item]], Verdict],
    is_likely: Callable[[Item], bool],
) -> list[Item]:
    """The fewest items that are found to flip the behaviour, in their order.

    Empty if all of them together do not. ``items`` are in the order of likelihood; those at the
    beginning that are likely by themselves are tried one by one. No item of the result can be left
    out.
    """
    for item in items:
        if not is_likely(item):
            break
        if turn([item]):
            return [item]
    needed: list[Item] = []
    candidates = list(items)
    while candidates:
        end = _shortest_beginning(candidates, needed, turn)
        needed = [candidates[end - 1], *needed]
        candidates = candidates[: end - 1]
        if turn(needed):
            return _without_superfluous(needed, turn)
        if len(needed) == 1 and not turn(items):
            return []
    return []


def _shortest_beginning(
    items: Sequence[Item], needed: Sequence[Item], turn: Callable[[Sequence[Item]], Verdict]
) -> int:
    """How many of the first items flip the behaviour, together with those that are needed.

    All of them are assumed to do so. The nth item is assumed to be one nth as likely as the first
    to be the last one of the shortest beginning.
    """
    sums = list(accumulate(1 / number for number in range(1, len(items) + 1)))
    low, high = 0, len(items)
    while high - low > 1:
        middle = _middle(sums, low, high)
        if turn([*items[:middle], *needed]):
            high = middle
        else:
            low = middle
    return high


def _middle(sums: Sequence[float], low: int, high: int) -> int:
    """The number between two others that halves the sum between them."""
    half = ((sums[low - 1] if low else 0.0) + sums[high - 1]) / 2
    return min(range(low + 1, high), key=lambda count: abs(sums[count - 1] - half))


def _without_superfluous(
    items: Sequence[Item], turn: Callable[[Sequence[Item]], Verdict]
) -> list[Item]:
    """The items without those that can be left out, tried one by one from the least likely on."""
    kept = list(items)
    for item in reversed(items):
        rest = [other for other in kept if other != item]
        if rest and turn(rest):
            kept = rest
    return kept
