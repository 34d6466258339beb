"""Shards: a selection of pairs split by cost, the same way on every machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from packaging.version import Version

from harness.releases.pair import Pair
from harness.results.model import CellKey, Result
from harness.util.errors import UsageError

#: Seconds that the first pair with a TensorFlow takes longer than the next ones on a machine: its
#: download and unpacking, measured from 10 near a mirror to 100.
FETCH = 30.0
#: Seconds to import Keras and TensorFlow.
IMPORT = 6.0


@dataclass(frozen=True)
class Shard:
    """One part of so many."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``3/16``.

        Raises:
            UsageProblem: it is not of this form, or there is no such part.
        """
        match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text, re.ASCII)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise UsageError(f"{text!r} is no shard; the shards of four are 1/4, 2/4, 3/4 and 4/4")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True)
class Part:
    """The pairs of one shard.

    ``seconds`` is how long they are expected to take, ``seconds_of_all`` the same for all shards.
    Parts with different fingerprints do not add up to the selection.
    """

    pairs: list[Pair]
    seconds: float
    seconds_of_all: float
    fingerprint: str


def choose_part(
    shard: Shard, pairs: Iterable[Pair], stored: Iterable[Result], cells: Iterable[CellKey]
) -> Part:
    """The part of the pairs that a shard runs; the same everywhere for the same stored results."""
    cost = costs(pairs, stored, cells)
    shards = split(cost, shard.count)
    chosen = shards[shard.number - 1]
    total = sum(seconds(each, cost) for each in shards)
    return Part(chosen, seconds(chosen, cost), total, fingerprint(shards))


def costs(
    pairs: Iterable[Pair], stored: Iterable[Result], cells: Iterable[CellKey]
) -> dict[Pair, float]:
    """Seconds that each pair is expected to take for these cells, its TensorFlow being there.

    What its stored result took; for a pair without one the median of those that have.
    """
    asked = set(cells)
    known = {result.pair: _spent(result, asked) for result in stored}
    usual = median(known.values()) if known else IMPORT
    return {pair: known.get(pair, usual) for pair in pairs}


def _spent(result: Result, asked: set[CellKey]) -> float:
    """The environment, the cells asked for, and what the processes took beside their cells."""
    inside = sum(cell.seconds for cell in result.cells.values())
    beside = max(result.environment.get("inside_seconds", 0.0) - inside, IMPORT)
    of_cells = sum(cell.seconds for key, cell in result.cells.items() if key in asked)
    return float(result.environment.get("install_seconds", 0.0) + beside + of_cells)


def split(cost: Mapping[Pair, float], count: int, fetch: float = FETCH) -> list[list[Pair]]:
    """Put every pair into one of ``count`` shards so that the longest of them is short.

    Longest processing time first (LPT, Graham 1969): each pair, the longest first, goes where it
    ends soonest. Without ``fetch`` the longest shard is at most 4/3 of the shortest possible. With
    it, pairs of one TensorFlow draw together; since that has no such bound, placing them without
    regard to it is tried, too, and the better of the two is taken.
    """

    def longest(shards: list[list[Pair]]) -> float:
        return max(seconds(pairs, cost, fetch) for pairs in shards)

    return min((_placed(cost, count, weighed) for weighed in (fetch, 0.0)), key=longest)


def seconds(pairs: Iterable[Pair], cost: Mapping[Pair, float], fetch: float = FETCH) -> float:
    """How long a shard is expected to take, one pair after the other."""
    each = list(pairs)
    return sum(cost[pair] for pair in each) + fetch * len({pair.tensorflow_build for pair in each})


def _placed(cost: Mapping[Pair, float], count: int, fetch: float) -> list[list[Pair]]:
    shards: list[list[Pair]] = [[] for _ in range(count)]
    loads = [0.0] * count
    bases: list[set[tuple[Version, str]]] = [set() for _ in range(count)]
    for pair in sorted(cost, key=lambda each: (-cost[each], each)):
        ends = [
            load + cost[pair] + (0.0 if pair.tensorflow_build in there else fetch)
            for load, there in zip(loads, bases, strict=True)
        ]
        place = ends.index(min(ends))
        loads[place] = ends[place]
        shards[place].append(pair)
        bases[place].add(pair.tensorflow_build)
    return [sorted(pairs) for pairs in shards]


def fingerprint(shards: Iterable[Iterable[Pair]]) -> str:
    """Equal for equal splits: shards of two different ones do not add up to the selection."""
    text = "\n".join(" ".join(pair.id for pair in pairs) for pairs in shards)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
