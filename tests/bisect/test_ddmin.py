"""Delta debugging: the smallest set of changes, found in few trials."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from harness.bisect.ddmin import LIKELY, ddmin, smallest_set

CHANGES = [f"package-{number}" for number in range(24)]


def reduce(
    changes: list[str], guilty: set[str], inseparable: Iterable[str] = ()
) -> tuple[set[str], int]:
    """The smallest set and the number of trials; what separates the inseparable does not run."""
    bound = set(inseparable)
    tried: list[frozenset[str]] = []

    def try_set(subset: frozenset[str]) -> bool | None:
        assert subset not in tried
        tried.append(subset)
        runs = bound <= subset or not bound & subset
        return guilty <= subset if runs else None

    return set(smallest_set(changes, try_set)), len(tried)


def test_a_likely_culprit_takes_one_trial() -> None:
    assert reduce(CHANGES, {CHANGES[0]}) == ({CHANGES[0]}, 1)


def test_any_single_culprit_is_found() -> None:
    for name in CHANGES:
        smallest, trials = reduce(CHANGES, {name})
        assert smallest == {name}
        assert trials <= LIKELY + 2 * 5


def test_culprits_that_act_together_are_found_together() -> None:
    chance = Random(3)
    for _ in range(300):
        guilty = set(chance.sample(CHANGES, chance.randint(1, 4)))
        smallest, _ = reduce(CHANGES, guilty)
        assert smallest == guilty


def test_packages_that_run_only_together_stay_together() -> None:
    smallest, _ = reduce(CHANGES, {CHANGES[5]}, {CHANGES[5], CHANGES[17]})
    assert smallest == {CHANGES[5], CHANGES[17]}


def test_a_single_change_is_the_culprit_without_a_trial() -> None:
    assert reduce(CHANGES[:1], set(CHANGES[:1])) == ({CHANGES[0]}, 0)
    assert reduce([], set()) == (set(), 0)


def test_no_trial_is_needed_to_know_what_comes_next() -> None:
    """The generator alone: the verdicts decide what it yields, and nothing else does."""
    trials = ddmin(CHANGES[:4])
    assert [next(trials), trials.send(False), trials.send(None), trials.send(False)] == [
        {CHANGES[0]}, {CHANGES[1]}, {CHANGES[2]}, set(CHANGES[:2]),
    ]  # fmt: skip
