"""How a step of a bisection ended: it found something, found nothing, or was not done at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from harness.bisect.observation import Observation

CULPRIT = "culprit"
CAUSE = "cause"
BACKPORT = "patch"
BRANCHES = "release branches"
PRERELEASES = "pre-releases"
DAILY_BUILDS = "daily builds"
COMMITS = "commits"
FUNCTIONS = "changed functions"
#: The reason for a step that was not done, and that another ``--level`` includes.
NOT_ASKED = "not asked for with --level"


class StepState(Enum):
    """How a step ended, in words for the user."""

    FOUND = "found"
    NOT_FOUND = "not found"
    NOT_DONE = "not done"
    FAILED = "failed"


@dataclass(frozen=True)
class StepEnd:
    """How a step ended, and the reason where it found nothing.

    What a step found is in the fields of the result.
    """

    state: StepState
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.state.value}: {self.reason}" if self.reason else self.state.value


FOUND = StepEnd(StepState.FOUND)


def not_found(reason: str) -> StepEnd:
    """The end of a step that looked for something and did not find it."""
    return StepEnd(StepState.NOT_FOUND, reason)


def not_done(reason: str) -> StepEnd:
    """The end of a step that did not look."""
    return StepEnd(StepState.NOT_DONE, reason)


def failed(reason: str) -> StepEnd:
    """The end of a step that could not go on."""
    return StepEnd(StepState.FAILED, reason)


def silence_in_words(observations: Iterable[Observation]) -> str:
    """Why observations decide nothing: how many were not made, gave no result, or are like neither.

    All of them are known to be like neither side of the change.
    """
    counts = Counter(_why_silent(observation) for observation in observations)
    return ", ".join(f"{number} {why}" for why, number in counts.items())


def _why_silent(observation: Observation) -> str:
    if observation.signature is not None:
        return "like neither side"
    return "without a result" if observation.was_run else "not run"
