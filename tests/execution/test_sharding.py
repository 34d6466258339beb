"""Shards, with the costs that real runs left and with costs drawn by chance."""

from __future__ import annotations

import random
from itertools import product
from statistics import median

import pytest

from harness.execution.cases import all_cases
from harness.execution.sharding import FETCH, IMPORT, Shard, costs, fingerprint, seconds, split
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import FORMATS, Result
from harness.util.errors import UsageError

CELLS = [(case.name, name) for case in all_cases() for name in FORMATS]


@pytest.fixture(scope="module")
def stored() -> list[Result]:
    return store.read_all()[0]


@pytest.fixture(scope="module")
def cost(rules: PairRules, stored: list[Result]) -> dict[Pair, float]:
    return costs(rules.all(), stored, CELLS)


def longest(shards: list[list[Pair]], cost: dict[Pair, float], fetch: float) -> float:
    return max(seconds(pairs, cost, fetch) for pairs in shards)


@pytest.mark.parametrize("count", [1, 2, 16, 500])
def test_every_pair_is_in_one_shard(cost: dict[Pair, float], count: int) -> None:
    shards = split(cost, count)
    assert len(shards) == count
    assert sorted(pair for pairs in shards for pair in pairs) == sorted(cost)


def test_no_order_of_pairs_or_results_changes_the_split(
    rules: PairRules, stored: list[Result]
) -> None:
    one = split(costs(rules.all(), stored, CELLS), 7)
    other = split(costs(reversed(rules.all()), reversed(stored), CELLS), 7)
    assert one == other
    assert fingerprint(one) == fingerprint(other) != fingerprint(split(dict.fromkeys(one[0], 1), 7))


@pytest.mark.parametrize("count", [4, 8, 16])
@pytest.mark.parametrize("fetch", [0.0, FETCH, 4 * FETCH])
def test_the_longest_shard_is_near_what_none_can_be_below(
    cost: dict[Pair, float], count: int, fetch: float
) -> None:
    shards = split(cost, count, fetch)
    bound = max(sum(cost.values()) / count, *cost.values())
    if not fetch:
        assert longest(shards, cost, 0.0) <= (4 / 3 - 1 / (3 * count)) * bound
    assert longest(shards, cost, fetch) <= longest(split(cost, count, 0.0), cost, fetch)


def test_a_split_by_number_would_be_longer(cost: dict[Pair, float]) -> None:
    by_number = [sorted(cost)[number::16] for number in range(16)]
    assert longest(split(cost, 16), cost, FETCH) < 0.8 * longest(by_number, cost, FETCH)


def test_against_the_best_of_all_splits(rules: PairRules) -> None:
    chance = random.Random(1969)
    pairs = rules.all()[:7]
    worst = 0.0
    for _ in range(40):
        cost = {pair: chance.choice([2, 2, 3, 3, 4, 5]) + 0.0 for pair in pairs}
        best = min(
            longest(
                [[p for p, q in zip(pairs, places, strict=True) if q == k] for k in range(3)],
                cost, 0.0,
            )
            for places in product(range(3), repeat=len(pairs))
        )  # fmt: skip
        worst = max(worst, longest(split(cost, 3, 0.0), cost, 0.0) / best)
    assert 1 < worst <= 4 / 3 - 1 / 9 + 1e-9


def test_a_pair_costs_what_its_cells_took_and_an_unknown_one_the_median(
    stored: list[Result],
) -> None:
    known, unknown = stored[0], stored[1].pair
    key = ("interleaved_dense", "keras")
    rest = [each for each in stored if each.pair != unknown]
    cost = costs([known.pair, unknown], rest, [key])
    assert cost[known.pair] >= IMPORT + known.cells[key].seconds
    assert cost[known.pair] < costs([known.pair], rest, CELLS)[known.pair]
    assert cost[unknown] == median(costs((each.pair for each in rest), rest, [key]).values())
    assert costs([unknown], [], CELLS) == {unknown: IMPORT}


@pytest.mark.parametrize("text", ["0/4", "5/4", "x", "1/0", "1", "-1/4", "1/4/4", "", "²/4"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no shard"):
        Shard.parse(text)


def test_a_shard_is_read() -> None:
    assert Shard.parse("3/16") == Shard(3, 16)
    assert str(Shard(3, 16)) == "3/16"
