"""Check the search on random histories.

    python benchmarks/search_histories.py [MILLIONS]

A history has four behaviours and about one to five changes; a tenth of its points have no answer,
and some answers are known beforehand. Every search must end, either with two points that differ and
have only points without an answer between them, or with the reason why there is no such change. A
search with ``every`` must name all changes. The benchmark prints the number of histories, the
answers per search, and the searches per second.
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
    """Return the result of a search, and how many points it asked for."""
    answers = {point: history[point] for point in known}
    count = 0
    while points := next_points(spec, answers, width):
        assert len(set(points)) == len(points) <= width
        assert not answers.keys() & set(points)
        answers.update((point, history[point]) for point in points)
        count += len(points)
    return result_of(spec, answers), count


def random_history(chance: random.Random) -> Points:
    """Return two to forty points, with an average of at most five changes."""
    size, changes = chance.randint(2, 40), chance.randint(1, 5)
    history: Points = []
    behaviour = 0
    for _ in range(size):
        if chance.random() < changes / size:
            behaviour = chance.randint(0, 3)
        history.append(None if chance.random() < 0.1 else behaviour)
    return history


def check(history: Points, spec: SearchSpec, result: SearchResult) -> None:
    """Compare the result of a search with the whole history.

    Raises:
        AssertionError: the result is wrong.
    """
    known = [point for point, answer in enumerate(history) if answer is not None]
    if result.change:
        old, new = history[result.change.old], history[result.change.new]
        assert None not in (old, new) and old != new
        assert all(history[point] is None for point in result.change.open)
    else:
        assert result.status in (SearchStatus.SAME, SearchStatus.NOWHERE, SearchStatus.NO_ANSWER)
    if spec.is_bounded and known and history[known[0]] != history[known[-1]]:
        assert result.status is SearchStatus.FOUND
    if spec.every:
        named = set(result.others)
        if result.change:
            named.add(result.change)
        assert named == {
            Gap(old, new) for old, new in pairwise(known) if history[old] != history[new]
        }
        assert result.unasked == 0


def main(count: int) -> None:
    """Run ``count`` searches."""
    chance = random.Random(1)
    total_answers = 0
    started = time.monotonic()
    for _ in range(count):
        history = random_history(chance)
        spec = SearchSpec(len(history) - 1, chance.choice((None, 0)), every=chance.random() < 0.3)
        known = [point for point in range(len(history)) if chance.random() < 0.1]
        result, answers = search(spec, history, known, chance.randint(1, 4))
        check(history, spec, result)
        total_answers += answers
    rate = count / (time.monotonic() - started)
    print(
        f"{count} histories, {total_answers / count:.1f} answers per search, "
        f"{rate:.0f} searches per second"
    )


if __name__ == "__main__":
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    main(int(millions * 1e6))
