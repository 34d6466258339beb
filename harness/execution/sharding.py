"""Shards: a selection of pairs, split by cost in the same way on every machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from packaging.version import Version

from harness.releases.pair import Pair
from harness.results.model import CellKey, Result
from harness.util.errors import UsageError

#: Seconds to download and unpack a TensorFlow, which only the first pair with it on a machine has
#: to do. Measured: from 10 s, near a mirror, to 100 s.
DOWNLOAD_SECONDS = 30.0
#: Seconds to import Keras and TensorFlow.
IMPORT_SECONDS = 6.0


@dataclass(frozen=True)
class Shard:
    """The shard of this number, from 1, out of ``count``."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``3/16``.

        Raises:
            UsageError: the text does not have this form, or there is no such shard.
        """
        match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text, re.ASCII)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise UsageError(f"{text!r} is no shard; the shards of four are 1/4, 2/4, 3/4 and 4/4")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True)
class ShardPairs:
    """The pairs of one shard.

    ``seconds`` is the time that they are expected to take, ``seconds_of_all`` that of all shards
    together. Only shards with equal fingerprints add up to the selection.
    """

    pairs: list[Pair]
    seconds: float
    seconds_of_all: float
    fingerprint: str


def select_shard(
    shard: Shard, work: Mapping[Pair, Collection[CellKey]], stored: Iterable[Result]
) -> ShardPairs:
    """The pairs that a shard runs; for equal stored results they are the same on every machine.

    ``work`` has the cells to run on each pair of the selection.
    """
    costs = expected_costs(work, stored)
    shards = split(costs, shard.count)
    chosen = shards[shard.number - 1]
    total = sum(shard_seconds(shard_pairs, costs) for shard_pairs in shards)
    return ShardPairs(chosen, shard_seconds(chosen, costs), total, fingerprint(shards))


def expected_costs(
    work: Mapping[Pair, Collection[CellKey]], stored: Iterable[Result]
) -> dict[Pair, float]:
    """The seconds that each pair is expected to take for its cells, without downloads.

    That is what its stored result took. For a pair without one, it is the median over the others of
    what they took for the same cells.
    """
    results = {result.pair: result for result in stored}
    medians: dict[frozenset[CellKey], float] = {}

    def cost(pair: Pair, cells: frozenset[CellKey]) -> float:
        if result := results.get(pair):
            return _seconds_taken(result, cells)
        if not results:
            return IMPORT_SECONDS
        if cells not in medians:
            medians[cells] = median(_seconds_taken(other, cells) for other in results.values())
        return medians[cells]

    return {pair: cost(pair, frozenset(cells)) for pair, cells in work.items()}


def _seconds_taken(result: Result, keys: Collection[CellKey]) -> float:
    """The seconds for the environment, for these cells, and for all else in their processes."""
    all_cells = sum(cell.seconds for cell in result.cells.values())
    these_cells = sum(cell.seconds for key, cell in result.cells.items() if key in keys)
    overhead = max(result.environment.get("inside_seconds", 0.0) - all_cells, IMPORT_SECONDS)
    return float(result.environment.get("install_seconds", 0.0) + overhead + these_cells)


def split(
    costs: Mapping[Pair, float], count: int, download: float = DOWNLOAD_SECONDS
) -> list[list[Pair]]:
    """Put every pair into one of ``count`` shards so that the longest shard is short.

    Longest processing time first (LPT, Graham 1969): the pairs, in order of falling cost, each go
    to the shard where they would finish first. Without downloads, the longest shard is then at most
    4/3 as long as in the best split. Counting ``download`` seconds for the first pair of each
    TensorFlow keeps pairs with the same one together, but has no such bound. So the split is made
    both with and without regard to downloads, and the better one is returned.
    """

    def longest(shards: list[list[Pair]]) -> float:
        return max(shard_seconds(pairs, costs, download) for pairs in shards)

    splits = [_assign_greedily(costs, count, regarded) for regarded in (download, 0.0)]
    return min(splits, key=longest)


def shard_seconds(
    pairs: Iterable[Pair], costs: Mapping[Pair, float], download: float = DOWNLOAD_SECONDS
) -> float:
    """The seconds that a shard is expected to take, running one pair after the other."""
    shard_pairs = list(pairs)
    builds = {pair.tensorflow_build for pair in shard_pairs}
    return sum(costs[pair] for pair in shard_pairs) + download * len(builds)


def _assign_greedily(costs: Mapping[Pair, float], count: int, download: float) -> list[list[Pair]]:
    """Assign the pairs, in order of falling cost, to the shard where they would finish first."""
    shards: list[list[Pair]] = [[] for _ in range(count)]
    loads = [0.0] * count
    builds: list[set[tuple[Version, str]]] = [set() for _ in range(count)]
    for pair in sorted(costs, key=lambda pair: (-costs[pair], pair)):
        finish_times = [
            load + costs[pair] + (0.0 if pair.tensorflow_build in builds_there else download)
            for load, builds_there in zip(loads, builds, strict=True)
        ]
        first = finish_times.index(min(finish_times))
        loads[first] = finish_times[first]
        shards[first].append(pair)
        builds[first].add(pair.tensorflow_build)
    return [sorted(pairs) for pairs in shards]


def fingerprint(shards: Iterable[Iterable[Pair]]) -> str:
    """A short digest of a split; shards of different splits do not add up to the selection."""
    text = "\n".join(" ".join(pair.id for pair in pairs) for pairs in shards)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
