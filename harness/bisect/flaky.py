"""The search for a flaky behaviour: one that a release shows only in some of its runs.

The model: the probability of the behaviour is one unknown number up to some point, and another from
there on, both with Jeffreys' prior, Beta(1/2, 1/2). Every place of the change, and no change at
all, are equally likely beforehand. The point to try next is the one whose result is expected to
give the most information about the place (Lindley, "On a measure of the information provided by an
experiment", Annals of Mathematical Statistics 27, 1956). Like `harness.bisect.search` this is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import NDArray

#: Both parameters of the prior Beta distribution.
PRIOR = 0.5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """What follows from the trials.

    ``places[k]`` is the probability that the change is at point ``k``, so that this point and later
    ones differ from earlier ones; ``places[0]`` is the probability that there is no change.
    ``before`` and ``after`` are the expected probabilities of the behaviour on the two sides of the
    likeliest place.
    """

    places: Floats
    before: float
    after: float

    @property
    def likeliest(self) -> int:
        """The likeliest place of the change; 0 for no change."""
        return int(np.argmax(self.places))

    @property
    def confidence(self) -> float:
        """The probability of the likeliest place."""
        return float(np.max(self.places))

    def interval(self, confidence: float) -> tuple[int, int]:
        """The first and last of the likeliest places that together reach a probability."""
        order = np.argsort(self.places)[::-1]
        needed = int(np.searchsorted(np.cumsum(self.places[order]), confidence)) + 1
        chosen = order[:needed]
        return int(chosen.min()), int(chosen.max())


def posterior(shown: Sequence[int], trials: Sequence[int]) -> Posterior:
    """What follows from how often each point showed the behaviour, and how often it was tried."""
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
    """The ``count`` points whose next trial is expected to give most information, best first."""
    left, right = _sides(shown, trials)
    places = posterior(shown, trials).places
    chances = np.array([[_chance(*left[k]), _chance(*right[k])] for k in range(len(left))])
    points = np.arange(len(trials))
    # The probability that a point (row) shows the behaviour if the change is at a place (column).
    chance = np.where(points[:, None] < np.arange(len(left))[None, :], chances[:, 0], chances[:, 1])
    information = _entropy(chance @ places) - _entropy(chance) @ places
    return [int(point) for point in np.argsort(-information, kind="stable")[:count]]


def _sides(
    shown: Sequence[int], trials: Sequence[int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """How often shown and tried: the sums over the points before each place, and from it on."""
    hits = np.concatenate([[0], np.cumsum(shown)]).astype(int)
    tries = np.concatenate([[0], np.cumsum(trials)]).astype(int)
    left = [(int(hits[k]), int(tries[k])) for k in range(len(trials))]
    right = [(int(hits[-1]) - shown_left, int(tries[-1]) - tried) for shown_left, tried in left]
    return left, right


def _log_evidence(shown: int, trials: int) -> float:
    """The logarithm of the marginal likelihood of the trials on one side."""
    return (
        lgamma(shown + PRIOR) + lgamma(trials - shown + PRIOR) - lgamma(trials + 2 * PRIOR)
        - 2 * lgamma(PRIOR) + lgamma(2 * PRIOR)
    )  # fmt: skip


def _chance(shown: int, trials: int) -> float:
    """The expected probability of the behaviour after some trials."""
    return (shown + PRIOR) / (trials + 2 * PRIOR)


def _entropy(chance: Floats) -> Floats:
    """The entropy, in bits, of trials that show the behaviour with these probabilities."""
    return -chance * np.log2(chance) - (1 - chance) * np.log2(1 - chance)
