"""Shards, with the costs of recorded runs and with random costs."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import product
from statistics import median

import pytest

from harness.execution.sharding import (
    DOWNLOAD_SECONDS,
    IMPORT_SECONDS,
    Shard,
    expected_costs,
    fingerprint,
    select_shard,
    shard_seconds,
    split,
)
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import FORMATS, CellKey, Result
from harness.util.errors import UsageError
from tests import recorded

CELLS = [(case.name, name) for case in recorded.cases() for name in FORMATS]
KEY = ("interleaved_dense", "keras")


def every_cell(pairs: Iterable[Pair]) -> dict[Pair, list[CellKey]]:
    return dict.fromkeys(pairs, CELLS)


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return recorded.results()


@pytest.fixture(scope="module")
def costs(rules: PairRules, results: list[Result]) -> dict[Pair, float]:
    return expected_costs(every_cell(rules.all()), results)


def longest(shards: list[list[Pair]], costs: dict[Pair, float], download: float) -> float:
    return max(shard_seconds(pairs, costs, download) for pairs in shards)


# ---------------------------------------------------------------- the costs


def test_a_pair_costs_its_environment_its_cells_and_the_rest_of_its_processes(
    results: list[Result],
) -> None:
    result = recorded.result("keras-3.6.0_tensorflow-2.17.0_py3.11")
    all_cells = sum(cell.seconds for cell in result.cells.values())
    result.environment.update(install_seconds=20.0, inside_seconds=all_cells + 50.0)
    cost = expected_costs({result.pair: [KEY]}, [result])[result.pair]
    assert cost == pytest.approx(20.0 + 50.0 + result.cells[KEY].seconds)
    result.environment.update(inside_seconds=0.0)
    cost = expected_costs({result.pair: [KEY]}, [result])[result.pair]
    assert cost == pytest.approx(20.0 + IMPORT_SECONDS + result.cells[KEY].seconds)


def test_a_pair_without_a_result_costs_the_median_of_the_others(results: list[Result]) -> None:
    unknown, *known = results
    pairs = [result.pair for result in known]
    costs = expected_costs(every_cell([unknown.pair, *pairs]), known)
    assert costs[unknown.pair] == median(costs[pair] for pair in pairs)


def test_a_pair_without_a_result_costs_what_its_own_cells_took_elsewhere(
    results: list[Result],
) -> None:
    unknown, *known = results
    others = [expected_costs({result.pair: [KEY]}, [result])[result.pair] for result in known]
    costs = expected_costs({unknown.pair: [KEY], known[0].pair: CELLS}, known)
    assert costs[unknown.pair] == median(others)


def test_without_results_every_pair_costs_an_import(results: list[Result]) -> None:
    pair = results[0].pair
    assert expected_costs(every_cell([pair]), []) == {pair: IMPORT_SECONDS}


# ---------------------------------------------------------------- the split


@pytest.mark.parametrize("count", [1, 2, 16, 500])
def test_every_pair_is_in_one_shard(costs: dict[Pair, float], count: int) -> None:
    shards = split(costs, count)
    assert len(shards) == count
    assert sorted(pair for pairs in shards for pair in pairs) == sorted(costs)


def test_the_parts_of_all_shards_add_up_to_the_selection(
    rules: PairRules, results: list[Result]
) -> None:
    work = every_cell(rules.all())
    parts = [select_shard(Shard(number, 3), work, results) for number in (1, 2, 3)]
    assert sorted(pair for part in parts for pair in part.pairs) == sorted(rules.all())
    assert len({part.fingerprint for part in parts}) == 1
    for part in parts:
        assert part.seconds_of_all == pytest.approx(sum(other.seconds for other in parts))


def test_the_order_of_pairs_and_results_does_not_change_the_split(
    rules: PairRules, results: list[Result]
) -> None:
    shards = split(expected_costs(every_cell(rules.all()), results), 7)
    reordered = split(expected_costs(every_cell(rules.all()[::-1]), results[::-1]), 7)
    assert shards == reordered
    assert fingerprint(shards) == fingerprint(reordered)


def test_other_splits_have_other_fingerprints(costs: dict[Pair, float]) -> None:
    assert fingerprint(split(costs, 7)) != fingerprint(split(costs, 8))
    assert fingerprint(split(costs, 7)) != fingerprint(split(dict.fromkeys(costs, 1.0), 7))


@pytest.mark.parametrize("count", [4, 8, 16])
@pytest.mark.parametrize("download", [0.0, DOWNLOAD_SECONDS, 4 * DOWNLOAD_SECONDS])
def test_the_longest_shard_is_near_the_lower_bound(
    costs: dict[Pair, float], count: int, download: float
) -> None:
    shards = split(costs, count, download)
    bound = max(sum(costs.values()) / count, *costs.values())
    if not download:
        assert longest(shards, costs, 0.0) <= (4 / 3 - 1 / (3 * count)) * bound
    assert longest(shards, costs, download) <= longest(split(costs, count, 0.0), costs, download)


def test_a_split_into_equal_numbers_of_pairs_would_be_longer(costs: dict[Pair, float]) -> None:
    by_number = [sorted(costs)[number::16] for number in range(16)]
    by_cost = longest(split(costs, 16), costs, DOWNLOAD_SECONDS)
    assert by_cost < 0.8 * longest(by_number, costs, DOWNLOAD_SECONDS)


def best_of_all_splits(costs: dict[Pair, float], count: int) -> float:
    """The length of the longest shard in the best of all splits."""
    pairs = list(costs)

    def shards(numbers: tuple[int, ...]) -> list[list[Pair]]:
        return [
            [pair for pair, chosen in zip(pairs, numbers, strict=True) if chosen == number]
            for number in range(count)
        ]

    every = product(range(count), repeat=len(pairs))
    return min(longest(shards(numbers), costs, 0.0) for numbers in every)


def test_the_split_is_within_the_bound_of_lpt_of_the_best_one(rules: PairRules) -> None:
    chance = random.Random(1969)
    pairs = rules.all()[:7]
    worst = 0.0
    for _ in range(40):
        costs = {pair: float(chance.choice([2, 2, 3, 3, 4, 5])) for pair in pairs}
        length = longest(split(costs, 3, 0.0), costs, 0.0)
        worst = max(worst, length / best_of_all_splits(costs, 3))
    assert 1 < worst <= 4 / 3 - 1 / 9 + 1e-9


def test_regard_for_downloads_makes_no_split_longer_and_some_shorter(rules: PairRules) -> None:
    chance = random.Random(1969)
    by_build: dict[object, list[Pair]] = {}
    for pair in rules.all():
        by_build.setdefault(pair.tensorflow_build, []).append(pair)
    groups = [group[:4] for group in by_build.values() if len(group) >= 4][:3]
    pairs = [pair for group in groups for pair in group]
    shorter = 0
    for _ in range(300):
        costs = {pair: chance.uniform(10, 100) for pair in pairs}
        regarding = longest(split(costs, 3), costs, DOWNLOAD_SECONDS)
        ignoring = longest(split(costs, 3, 0.0), costs, DOWNLOAD_SECONDS)
        assert regarding <= ignoring
        shorter += regarding < ignoring
    assert shorter


# ---------------------------------------------------------------- the option


@pytest.mark.parametrize("text", ["0/4", "5/4", "x", "1/0", "1", "-1/4", "1/4/4", "", "²/4"])
def test_other_texts_are_no_shards(text: str) -> None:
    with pytest.raises(UsageError, match="is no shard"):
        Shard.parse(text)


def test_a_shard_is_read_as_it_is_written() -> None:
    assert Shard.parse("3/16") == Shard(3, 16)
    assert str(Shard(3, 16)) == "3/16"
