"""The smallest set of changes that turns an old behaviour into the new one: delta debugging.

The method is ddmin of Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input"
(IEEE Transactions on Software Engineering 28, 2002), with likely single changes tried first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

#: How many single changes are tried before halves of all changes.
LIKELY = 3

#: What a set of changes gives: True for the new behaviour, False for another, None for no result.
Verdict = bool | None
Returned = TypeVar("Returned")
#: Yields a set of changes to try and is sent its verdict.
Trials = Generator[frozenset[str], Verdict, Returned]


def smallest_set(
    changes: Sequence[str], try_set: Callable[[frozenset[str]], Verdict]
) -> frozenset[str]:
    """Run `ddmin` with ``try_set`` giving the verdicts; return the smallest set."""
    trials = ddmin(changes)
    verdict: Verdict = None
    while True:
        try:
            subset = trials.send(verdict)
        except StopIteration as end:
            smallest: frozenset[str] = end.value
            return smallest
        verdict = try_set(subset)


def ddmin(changes: Sequence[str]) -> Trials[frozenset[str]]:
    """Yield the sets of changes to try, and return the smallest that gives the new behaviour.

    ``changes`` are all differences, likeliest first: all of them together are known to give the new
    behaviour, and none of them the old one. No set is yielded twice. A set without a result counts
    as one that does not give the new behaviour. The verdicts alone decide what is tried next, so
    that the same verdicts always lead to the same trials. No single change can be left out of the
    returned set: without it the new behaviour was not observed.
    """
    verdicts: dict[frozenset[str], Verdict] = {frozenset(changes): True}
    for change in changes[:LIKELY]:
        if (yield from _gives_new([change], verdicts)):
            return frozenset([change])
    return frozenset((yield from _reduce(list(changes), verdicts)))


def _reduce(changes: list[str], verdicts: dict[frozenset[str], Verdict]) -> Trials[list[str]]:
    """Try ever smaller parts of the changes, and what remains without each part."""
    parts = 2
    while len(changes) >= 2:
        chunks = _split(changes, parts)
        chunk = yield from _first_new(chunks, verdicts)
        if chunk is not None:
            changes, parts = chunk, 2
            continue
        complements = [[change for change in changes if change not in chunk] for chunk in chunks]
        complement = yield from _first_new(complements, verdicts)
        if complement is not None:
            changes, parts = complement, max(parts - 1, 2)
        elif parts < len(changes):
            parts = min(len(changes), parts * 2)
        else:
            break
    return changes


def _first_new(
    subsets: Sequence[list[str]], verdicts: dict[frozenset[str], Verdict]
) -> Trials[list[str] | None]:
    """The first of the subsets that gives the new behaviour, or None."""
    for subset in subsets:
        if (yield from _gives_new(subset, verdicts)):
            return subset
    return None


def _gives_new(subset: list[str], verdicts: dict[frozenset[str], Verdict]) -> Trials[bool]:
    """Whether a subset gives the new behaviour; it is tried unless its verdict is known."""
    key = frozenset(subset)
    if key not in verdicts:
        verdicts[key] = yield key
    return verdicts[key] is True


def _split(items: list[str], parts: int) -> list[list[str]]:
    """Split a list into ``parts`` pieces of nearly equal length, in order."""
    return [
        items[len(items) * part // parts : len(items) * (part + 1) // parts]
        for part in range(parts)
    ]
