"""The search held against synthetic histories, as many as one likes.

    python benchmarks/search_histories.py [MILLIONS]

Every history is random: up to five changes among four behaviours, a tenth of the points without an
answer, some answers known beforehand. A search must end, with a change that is one and has nothing
but unanswered points inside, or with the reason why there is none; with ``every`` it must name all.
Prints the number of histories, the answers per search and the searches a second.
"""

from __future__ import annotations

import random
import sys
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness.bisect.search import (  # noqa: E402
    Gap,
    SearchResult,
    SearchSpec,
    SearchStatus,
    next_points,
    result_of,
)

Points = list[int | None]


def search(
    spec: SearchSpec, history: Points, known: list[int], width: int
) -> tuple[SearchResult, int]:
    """The finding, and how many points were asked."""
    answers = {point: history[point] for point in known}
    asked = 0
    while wanted := next_points(spec, answers, width):
        assert len(set(wanted)) == len(wanted) <= width
        assert not answers.keys() & set(wanted)
        answers.update((point, history[point]) for point in wanted)
        asked += len(wanted)
    return result_of(spec, answers), asked


def random_history(chance: random.Random) -> Points:
    """Up to forty points with up to five changes on the average."""
    size, changes = chance.randint(2, 40), chance.randint(1, 5)
    history: Points = []
    behaviour = 0
    for _ in range(size):
        if chance.random() < changes / size:
            behaviour = chance.randint(0, 3)
        history.append(None if chance.random() < 0.1 else behaviour)
    return history


def check(history: Points, spec: SearchSpec, found: SearchResult) -> None:
    """Hold a finding against the whole history."""
    known = [point for point, answer in enumerate(history) if answer is not None]
    if found.change:
        old, new = history[found.change.old], history[found.change.new]
        assert None not in (old, new) and old != new
        assert all(history[point] is None for point in found.change.open)
    else:
        assert found.status in (SearchStatus.SAME, SearchStatus.NOWHERE, SearchStatus.NO_ANSWER)
    if spec.is_bounded and known and history[known[0]] != history[known[-1]]:
        assert found.status is SearchStatus.FOUND
    if spec.every:
        named = {*found.others, *([found.change] if found.change else [])}
        neighbours = pairwise(known)
        assert named == {Gap(*each) for each in neighbours if history[each[0]] != history[each[1]]}
        assert found.unasked == 0


def main(count: int) -> None:
    """Run ``count`` searches."""
    chance = random.Random(1)
    asked = 0
    started = time.monotonic()
    for _ in range(count):
        history = random_history(chance)
        spec = SearchSpec(len(history) - 1, chance.choice((None, 0)), every=chance.random() < 0.3)
        known = [point for point in range(len(history)) if chance.random() < 0.1]
        found, more = search(spec, history, known, chance.randint(1, 4))
        check(history, spec, found)
        asked += more
    rate = count / (time.monotonic() - started)
    print(f"{count} histories, {asked / count:.1f} answers a search, {rate:.0f} searches a second")


if __name__ == "__main__":
    main(int(float(sys.argv[1] if len(sys.argv) > 1 else "1") * 1e6))
