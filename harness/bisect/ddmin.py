"""The smallest set of changes that turns an old behaviour into the new one: delta debugging.

The method is ddmin of Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input"
(IEEE Transactions on Software Engineering 28, 2002), with likely single changes tried first. Like
`harness.bisect.search` it is pure: it is told answers and says what to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

#: Answers by set of changes: True for the new behaviour, False for another, None for no answer.
Tried = Mapping[frozenset[str], bool | None]
#: Single changes that are tried before halves of the whole.
LIKELY = 3


class _Ask(Exception):
    def __init__(self, changes: frozenset[str]) -> None:
        self.changes = changes


def next_set(changes: Sequence[str], tried: Tried) -> frozenset[str] | None:
    """The set of changes to try next, or None once the smallest is known."""
    try:
        smallest_set(changes, tried)
    except _Ask as ask:
        return ask.changes
    return None


def smallest_set(changes: Sequence[str], tried: Tried) -> frozenset[str]:
    """The smallest set found: without any one of it the new behaviour was not seen.

    ``changes`` are all that differ, likeliest first; together they give the new behaviour, and
    without any the old one is seen. What has no answer is taken for a set that does not give it.
    """

    def gives_it(subset: list[str]) -> bool:
        key = frozenset(subset)
        if key == frozenset(changes):
            return True
        if key not in tried:
            raise _Ask(key)
        return tried[key] is True

    for change in changes[:LIKELY]:
        if gives_it([change]):
            return frozenset([change])
    return frozenset(_ddmin(list(changes), gives_it))


def _ddmin(left: list[str], gives_it: Callable[[list[str]], bool]) -> list[str]:
    parts = 2
    while len(left) >= 2:
        chunks = _split(left, parts)
        rests = [[each for each in left if each not in chunk] for chunk in chunks]
        if (chunk := next(filter(gives_it, chunks), None)) is not None:
            left, parts = chunk, 2
        elif (rest := next(filter(gives_it, rests), None)) is not None:
            left, parts = rest, max(parts - 1, 2)
        elif parts < len(left):
            parts = min(len(left), parts * 2)
        else:
            break
    return left


def _split(items: list[str], parts: int) -> list[list[str]]:
    return [
        items[len(items) * part // parts : len(items) * (part + 1) // parts]
        for part in range(parts)
    ]
