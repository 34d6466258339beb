"""Delta debugging: the smallest set of changes, found in few tries."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from harness.bisect.ddmin import LIKELY, next_set, smallest_set


def reduce(
    changes: list[str], guilty: set[str], inseparable: Iterable[str] = ()
) -> tuple[set[str], int]:
    """The smallest set and the number of tries; what parts the inseparable does not run."""
    bound = set(inseparable)
    tried: dict[frozenset[str], bool | None] = {}
    while (names := next_set(changes, tried)) is not None:
        assert names not in tried
        runs = bound <= names or not bound & names
        tried[names] = guilty <= names if runs else None
    return set(smallest_set(changes, tried)), len(tried)


CHANGES = [f"package-{number}" for number in range(24)]


def test_a_likely_culprit_takes_one_try() -> None:
    assert reduce(CHANGES, {CHANGES[0]}) == ({CHANGES[0]}, 1)


def test_any_single_culprit_is_found() -> None:
    for name in CHANGES:
        smallest, tries = reduce(CHANGES, {name})
        assert smallest == {name}
        assert tries <= LIKELY + 2 * 5


def test_culprits_that_act_together_are_found_together() -> None:
    chance = Random(3)
    for _ in range(300):
        guilty = set(chance.sample(CHANGES, chance.randint(1, 4)))
        smallest, _ = reduce(CHANGES, guilty)
        assert smallest == guilty


def test_packages_that_run_only_together_stay_together() -> None:
    smallest, _ = reduce(CHANGES, {CHANGES[5]}, {CHANGES[5], CHANGES[17]})
    assert smallest == {CHANGES[5], CHANGES[17]}
