"""The search for a change of chance: for behaviours that a release shows only now and then.

The model: along the line the chance of the behaviour is one unknown number up to some point and
another from there on, both with Jeffreys' prior, Beta(1/2, 1/2); every place of the change is as
likely beforehand, and so is that there is none. What is asked next is the point whose answer is
expected to tell most of the place (Lindley, "On a measure of the information provided by an
experiment", Annals of Mathematical Statistics 27, 1956). Pure, as `harness.bisect.search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import NDArray

PRIOR = 0.5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """What the trials say.

    ``places[k]`` is the probability that the points from ``k`` on differ from those before it, and
    ``places[0]`` that all are alike. ``before`` and ``after`` are the expected chances on both
    sides of the likeliest place.
    """

    places: Floats
    before: float
    after: float

    @property
    def likeliest(self) -> int:
        """The likeliest place; 0 for no change at all."""
        return int(np.argmax(self.places))

    @property
    def confidence(self) -> float:
        """The probability of the likeliest place."""
        return float(np.max(self.places))

    def interval(self, confidence: float) -> tuple[int, int]:
        """The first and the last of the likeliest places that together reach ``confidence``."""
        order = np.argsort(self.places)[::-1]
        needed = int(np.searchsorted(np.cumsum(self.places[order]), confidence)) + 1
        chosen = order[:needed]
        return int(chosen.min()), int(chosen.max())


def posterior(shown: Sequence[int], trials: Sequence[int]) -> Posterior:
    """What follows from the trials: how often each point was tried, and showed the behaviour."""
    left, right = _sides(shown, trials)
    weights = np.array(
        [_log_evidence(*left[k]) + _log_evidence(*right[k]) for k in range(len(left))]
    )
    weights -= weights.max()
    places = np.exp(weights)
    places /= places.sum()
    best = int(np.argmax(places))
    return Posterior(places, _chance(*left[best]), _chance(*right[best]))


def most_telling(shown: Sequence[int], trials: Sequence[int], count: int = 1) -> list[int]:
    """The points whose next answer tells most, in bits expected, the best first."""
    left, right = _sides(shown, trials)
    places = posterior(shown, trials).places
    chances = np.array([[_chance(*left[k]), _chance(*right[k])] for k in range(len(left))])
    points = np.arange(len(trials))
    # One row a point, one column a place: the chance that the point shows the behaviour then.
    chance = np.where(points[:, None] < np.arange(len(left))[None, :], chances[:, 0], chances[:, 1])
    told = _entropy(chance @ places) - _entropy(chance) @ places
    return [int(point) for point in np.argsort(-told, kind="stable")[:count]]


def _sides(
    shown: Sequence[int], trials: Sequence[int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Shown and tried, summed over the points before each place and from it on."""
    hits = np.concatenate([[0], np.cumsum(shown)]).astype(int)
    tries = np.concatenate([[0], np.cumsum(trials)]).astype(int)
    left = [(int(hits[k]), int(tries[k])) for k in range(len(trials))]
    right = [(int(hits[-1]) - one, int(tries[-1]) - two) for one, two in left]
    return left, right


def _log_evidence(shown: int, trials: int) -> float:
    """Logarithm of the probability of the answers of one side, its chance integrated out."""
    return (
        lgamma(shown + PRIOR) + lgamma(trials - shown + PRIOR) - lgamma(trials + 2 * PRIOR)
        - 2 * lgamma(PRIOR) + lgamma(2 * PRIOR)
    )  # fmt: skip


def _chance(shown: int, trials: int) -> float:
    return (shown + PRIOR) / (trials + 2 * PRIOR)


def _entropy(chance: Floats) -> Floats:
    """Bits that an answer of these chances holds."""
    return -chance * np.log2(chance) - (1 - chance) * np.log2(1 - chance)
