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
    deciding_points,
    next_points,
    result_of,
)

History = Sequence[str | None]


def search_with_answers(
    spec: SearchSpec, history: History, known: Sequence[int] = (), width: int = 1
) -> tuple[SearchResult, dict[int, str | None], int]:
    """The finding, the answers that it follows from, and the number of rounds."""
    answers = {point: history[point] for point in known}
    rounds = 0
    while points := next_points(spec, answers, width):
        assert len(set(points)) == len(points) <= width
        assert not answers.keys() & set(points)
        answers.update((point, history[point]) for point in points)
        rounds += 1
    return result_of(spec, answers), answers, rounds


def search(
    spec: SearchSpec, history: History, known: Sequence[int] = (), width: int = 1
) -> tuple[SearchResult, int, int]:
    """The finding, the number of points asked, and in how many rounds."""
    found, answers, rounds = search_with_answers(spec, history, known, width)
    return found, len(answers) - len(known), rounds


def test_one_change_is_found_in_few_answers_and_fewer_rounds() -> None:
    for size, place in ((n, place) for n in range(2, 201) for place in range(1, n)):
        most = ceil(log2(size)) + 2
        history = ["old"] * place + ["new"] * (size - place)
        found, asked, _ = search(SearchSpec(size - 1, 0), history)
        assert (found.status, found.change) == (SearchStatus.FOUND, Gap(place - 1, place))
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
        found, answers, _ = search_with_answers(spec, history, known, chance.randint(1, 4))
        answered = [point for point, answer in enumerate(history) if answer]
        if found.change:
            assert history[found.change.old] != history[found.change.new]
            assert None not in (history[found.change.old], history[found.change.new])
            assert all(history[point] is None for point in found.change.open)
        else:
            assert_nothing_is_overlooked(spec, answers, found)
        if spec.is_bounded and answered and history[answered[0]] != history[answered[-1]]:
            assert found.status is SearchStatus.FOUND
        if spec.every:
            changes = {
                Gap(*gap) for gap in pairwise(answered) if history[gap[0]] != history[gap[1]]
            }
            assert {*found.others, found.change or Gap(0, 0)} - {Gap(0, 0)} == changes
            assert found.unasked == 0


def assert_nothing_is_overlooked(
    spec: SearchSpec, answers: dict[int, str | None], found: SearchResult
) -> None:
    """What must hold of the answers after a search for any change that found none."""
    points = [point for point in sorted(answers) if answers[point] is not None]
    if len(points) < 2:
        assert found.status is SearchStatus.NO_ANSWER
        assert answers.keys() >= set(spec.range) - set(points)
        return
    is_one_change = spec.is_bounded and not spec.every
    assert found.status is (SearchStatus.SAME if is_one_change else SearchStatus.NOWHERE)
    assert len({answers[point] for point in points}) == 1
    for old, new in pairwise([-1, *points, len(spec.range)]):
        unseen = sum(point not in answers for point in range(old + 1, new))
        assert unseen <= (0 if spec.every else UNSEEN)


def random_history(chance: Random) -> list[str | None]:
    size, changes = chance.randint(2, 40), chance.randint(1, 5)
    history: list[str | None] = []
    behaviour = "a"
    for _ in range(size):
        if chance.random() < changes / size:
            behaviour = chance.choice("abcd")
        history.append(None if chance.random() < 0.15 else behaviour)
    return history


def test_a_result_rests_on_both_sides_of_the_change_or_on_both_ends() -> None:
    chance = Random(11)
    for _ in range(2_000):
        history = random_history(chance)
        spec = SearchSpec(len(history) - 1, chance.choice((None, 0)), every=chance.random() < 0.3)
        found, answers, _ = search_with_answers(spec, history)
        deciding = deciding_points(spec, answers)
        answered = [point for point in sorted(answers) if answers[point] is not None]
        if found.change is None:
            assert deciding == sorted({*answered[:1], *answered[-1:]})
            continue
        assert {found.change.old, found.change.new} <= set(deciding)
        if spec.every:
            changes = [gap for gap in pairwise(answered) if history[gap[0]] != history[gap[1]]]
            assert deciding == sorted({point for gap in changes for point in gap})
        else:
            assert len(deciding) == 2


def test_known_answers_are_not_asked_again() -> None:
    history = ["old"] * 30 + ["new"] * 20
    found, asked, _ = search(SearchSpec(49), history, known=range(50))
    assert (found.change, asked) == (Gap(29, 30), 0)


def test_points_without_a_result_are_stepped_around_and_reported() -> None:
    history = ["old", "old", None, None, "new", "new", None]
    found, _, _ = search(SearchSpec(6, 0), history)
    assert found.change == Gap(1, 4)
    assert list(found.change.open) == [2, 3]


def test_equal_and_reversed_bounds_are_recognised() -> None:
    spec = SearchSpec(3, 0, is_turn=lambda old, new: old == "good" and new == "bad")
    assert search(SearchSpec(3, 0), ["a"] * 4)[0].status is SearchStatus.SAME
    assert search(spec, ["bad", "bad", "good", "good"])[0].status is SearchStatus.REVERSED
    assert search(SearchSpec(3, 0), [None] * 4)[0].status is SearchStatus.NO_ANSWER


def test_another_change_is_certain_where_it_was_seen_and_possible_where_nothing_was_asked() -> None:
    history = ["a"] * 10 + ["b"] * 10 + ["c"] * 10
    found, _, _ = search(SearchSpec(29, 0), history)
    assert found.change == Gap(19, 20)
    (other,) = found.others
    assert history[other.old] == "a" and history[other.new] == "b"
    assert found.unasked > 0
    found, asked, _ = search(SearchSpec(29, 0, every=True), history)
    assert {found.change, *found.others} == {Gap(9, 10), Gap(19, 20)}
    assert (found.unasked, asked) == (0, 30)


def test_a_search_back_from_the_newest_sees_every_long_stretch() -> None:
    length = UNSEEN + 1
    for first in range(1, 50 - length):
        history = ["pass"] * first + ["error"] * length + ["pass"] * (50 - first - length)
        found, asked, _ = search(SearchSpec(49), history)
        assert found.change == Gap(first + length - 1, first + length)
        assert asked <= 25


def test_a_behaviour_that_came_and_went_between_equal_bounds_is_found() -> None:
    length = UNSEEN + 1
    for first in range(1, 50 - length):
        history = ["pass"] * first + ["error"] * length + ["pass"] * (50 - first - length)
        found, asked, _ = search(SearchSpec(49, 0), history)
        assert found.status is SearchStatus.FOUND
        assert found.change == Gap(first + length - 1, first + length)
        assert asked <= 25


def test_equal_bounds_with_nothing_between_say_how_much_was_not_asked() -> None:
    found, asked, _ = search(SearchSpec(49, 0), ["pass"] * 50)
    assert (found.status, found.change) == (SearchStatus.SAME, None)
    assert 2 < asked < 50 and found.unasked == 50 - asked


def test_an_oldest_release_without_a_result_hides_no_long_stretch() -> None:
    history = [None, *["pass"] * 5, *["error"] * 19]
    assert search(SearchSpec(24), history)[0].change == Gap(5, 6)


def test_a_recent_change_is_found_in_few_answers() -> None:
    history = ["error"] * 40 + ["pass"] * 10
    found, asked, _ = search(SearchSpec(49), history)
    assert (found.change, asked) == (Gap(39, 40), 8)


def test_an_appearance_is_never_confused_with_a_disappearance() -> None:
    chance = Random(11)
    for _ in range(5_000):
        history = [
            chance.choice(("good", "bad", "bad", None)) for _ in range(chance.randint(2, 30))
        ]
        spec = SearchSpec(len(history) - 1, chance.choice((None, 0)), is_turn=_came_in)
        width = chance.randint(1, 3)
        found, answers, _ = search_with_answers(spec, history, width=width)
        known = [answer for answer in history if answer]
        if found.change:
            assert (history[found.change.old], history[found.change.new]) == ("good", "bad")
        elif spec.is_bounded and len(known) > 1 and known[0] != known[-1]:
            assert (known[0], known[-1]) == ("bad", "good")
        else:
            seen = [answers[point] for point in sorted(answers) if answers[point]]
            assert ("good", "bad") not in pairwise(seen)


def _came_in(old: object, new: object) -> bool:
    return (old, new) == ("good", "bad")
