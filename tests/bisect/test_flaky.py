"""The search for a change of chance keeps its word."""

from __future__ import annotations

import numpy as np
import pytest

from harness.bisect.flaky import PRIOR, most_telling, posterior


def test_what_is_stated_is_right_that_often() -> None:
    """Histories drawn from the model itself, as the statement is about those."""
    chance = np.random.default_rng(20307)
    right, stated, ended = 0, 0.0, 0
    for _ in range(250):
        size = int(chance.integers(3, 40))
        place = int(chance.integers(0, size))
        before, after = chance.beta(PRIOR, PRIOR, 2)
        shown, tried = [0] * size, [0] * size
        for _ in range(120):
            now = posterior(shown, tried)
            if now.confidence >= 0.95:
                ended += 1
                right += now.likeliest == place
                stated += now.confidence
                break
            (point,) = most_telling(shown, tried)
            tried[point] += 1
            shown[point] += bool(chance.random() < (before if point < place else after))
    assert ended > 100
    assert right / ended == pytest.approx(stated / ended, abs=0.04)


def test_a_sure_behaviour_is_found_in_hardly_more_trials_than_a_plain_search_takes() -> None:
    shown, tried = [0] * 50, [0] * 50
    while posterior(shown, tried).confidence < 0.95:
        (point,) = most_telling(shown, tried)
        tried[point] += 1
        shown[point] += point >= 31
    assert posterior(shown, tried).likeliest == 31
    assert sum(tried) <= 25


def test_no_trials_say_nothing() -> None:
    places = posterior([0] * 10, [0] * 10).places
    assert places == pytest.approx(np.full(10, 0.1))


def test_the_interval_holds_what_it_says() -> None:
    now = posterior([0, 0, 2, 2], [2, 1, 2, 2])
    first, last = now.interval(0.9)
    assert now.places[first : last + 1].sum() >= 0.9
