"""The search, on every history of one change and on random ones of many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, log2
from random import Random

from harness.bisect.search import (
    UNSEEN,
    Gap,
    SearchResult,
    SearchSpec,
    SearchStatus,
    finding,
    next_points,
)

History = Sequence[str | None]


def search(
    spec: SearchSpec, history: History, known: Sequence[int] = (), width: int = 1
) -> tuple[SearchResult, int, int]:
    """The finding, the number of points asked, and in how many rounds."""
    answers = {point: history[point] for point in known}
    asked = rounds = 0
    while wanted := next_points(spec, answers, width):
        assert len(set(wanted)) == len(wanted) <= width
        assert not answers.keys() & set(wanted)
        answers.update((point, history[point]) for point in wanted)
        asked, rounds = asked + len(wanted), rounds + 1
    return finding(spec, answers), asked, rounds


def test_one_change_is_found_in_few_answers_and_fewer_rounds() -> None:
    for size, place in ((n, place) for n in range(2, 201) for place in range(1, n)):
        most = ceil(log2(size)) + 2
        history = ["old"] * place + ["new"] * (size - place)
        found, asked, _ = search(SearchSpec(size - 1, 0), history)
        assert (found.verdict, found.change) == (SearchStatus.FOUND, Gap(place - 1, place))
        assert found.others == () and asked <= most
        found, _, rounds = search(SearchSpec(size - 1, 0), history, width=2)
        assert found.change == Gap(place - 1, place) and rounds <= ceil(0.7 * most)
        found, asked, _ = search(SearchSpec(size - 1), history)
        assert found.change == Gap(place - 1, place) and asked <= 2 * most


def test_random_histories_give_a_true_change_or_say_why_there_is_none() -> None:
    chance = Random(7)
    for _ in range(20_000):
        history = random_history(chance)
        spec = SearchSpec(len(history) - 1, chance.choice((None, 0)), every=chance.random() < 0.3)
        known = [point for point in range(len(history)) if chance.random() < 0.1]
        found, _, _ = search(spec, history, known, chance.randint(1, 4))
        answered = [point for point, answer in enumerate(history) if answer]
        if found.change:
            assert history[found.change.old] != history[found.change.new]
            assert None not in (history[found.change.old], history[found.change.new])
            assert all(history[point] is None for point in found.change.open)
        if spec.is_bounded and answered and history[answered[0]] != history[answered[-1]]:
            assert found.verdict is SearchStatus.FOUND
        if spec.every:
            changes = {
                Gap(*gap) for gap in pairwise(answered) if history[gap[0]] != history[gap[1]]
            }
            assert {*found.others, found.change or Gap(0, 0)} - {Gap(0, 0)} == changes
            assert found.unasked == 0


def random_history(chance: Random) -> list[str | None]:
    size, changes = chance.randint(2, 40), chance.randint(1, 5)
    history: list[str | None] = []
    behaviour = "a"
    for _ in range(size):
        if chance.random() < changes / size:
            behaviour = chance.choice("abcd")
        history.append(None if chance.random() < 0.15 else behaviour)
    return history


def test_nothing_known_is_asked_again() -> None:
    history = ["old"] * 30 + ["new"] * 20
    found, asked, _ = search(SearchSpec(49), history, known=range(50))
    assert (found.change, asked) == (Gap(29, 30), 0)


def test_points_without_an_answer_are_stepped_around_and_left_open() -> None:
    history = ["old", "old", None, None, "new", "new", None]
    found, _, _ = search(SearchSpec(6, 0), history)
    assert found.change == Gap(1, 4)
    assert list(found.change.open) == [2, 3]


def test_equal_and_reversed_bounds_are_told() -> None:
    spec = SearchSpec(3, 0, is_turn=lambda old, new: old == "good" and new == "bad")
    assert search(SearchSpec(3, 0), ["a"] * 4)[0].verdict is SearchStatus.SAME
    assert search(spec, ["bad", "bad", "good", "good"])[0].verdict is SearchStatus.REVERSED
    assert search(SearchSpec(3, 0), [None] * 4)[0].verdict is SearchStatus.NO_ANSWER


def test_another_change_is_certain_where_it_was_seen_and_possible_where_it_was_not() -> None:
    history = ["a"] * 10 + ["b"] * 10 + ["c"] * 10
    found, _, _ = search(SearchSpec(29, 0), history)
    assert found.change == Gap(19, 20)
    (other,) = found.others
    assert history[other.old] == "a" and history[other.new] == "b"
    assert found.unasked > 0
    found, asked, _ = search(SearchSpec(29, 0, every=True), history)
    assert {found.change, *found.others} == {Gap(9, 10), Gap(19, 20)}
    assert (found.unasked, asked) == (0, 30)


def test_widening_sees_every_long_stretch() -> None:
    length = UNSEEN + 1
    for first in range(1, 50 - length):
        history = ["pass"] * first + ["error"] * length + ["pass"] * (50 - first - length)
        found, asked, _ = search(SearchSpec(49), history)
        assert found.change == Gap(first + length - 1, first + length)
        assert asked <= 25


def test_widening_finds_what_is_near_in_few_answers() -> None:
    history = ["error"] * 40 + ["pass"] * 10
    found, asked, _ = search(SearchSpec(49), history)
    assert (found.change, asked) == (Gap(39, 40), 8)


def test_what_came_in_is_never_what_went_away() -> None:
    chance = Random(11)
    for _ in range(5_000):
        history = [
            chance.choice(("good", "bad", "bad", None)) for _ in range(chance.randint(2, 30))
        ]
        spec = SearchSpec(len(history) - 1, chance.choice((None, 0)), is_turn=_came_in)
        found, _, _ = search(spec, history, width=chance.randint(1, 3))
        known = [answer for answer in history if answer]
        if found.change:
            assert (history[found.change.old], history[found.change.new]) == ("good", "bad")
        elif spec.is_bounded and len(known) > 1:
            assert (known[0], known[-1]) != ("good", "bad")


def _came_in(old: object, new: object) -> bool:
    return (old, new) == ("good", "bad")
