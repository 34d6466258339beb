"""The question: which change of behaviour is searched for."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from harness.bisect.observation import Observation
from harness.bisect.search import differ
from harness.results.model import GOOD_OUTCOMES
from harness.util.errors import UsageError

FINDS = ("change", "broken", "fixed")


class Criterion(Protocol):
    """What a walk searches by: the answer of an observation, and which two enclose the change."""

    def answer(self, observation: Observation) -> Hashable | None:
        """The answer for the search; None where the observation gives none."""

    def is_turn(self, old: Hashable, new: Hashable) -> bool:
        """Whether the change lies between an older and a newer answer."""


@dataclass(frozen=True)
class Question:
    """A search for any change of signature, or for where a behaviour appeared or disappeared.

    ``outcomes``, ``type``, ``message`` (a regular expression that matches anywhere in the message,
    normalised or not) and ``exit_code`` describe the behaviour; all that are given must hold. If
    none is given, the behaviour is any failure: an outcome that is not in `GOOD_OUTCOMES`.
    """

    find: str = "change"
    outcomes: tuple[str, ...] = ()
    type: str = ""
    message: str = ""
    exit_code: int | None = None

    def __post_init__(self) -> None:
        try:
            re.compile(self.message)
        except re.error as error:
            raise UsageError(
                f"--message {self.message!r} is not a regular expression: {error}"
            ) from None

    @property
    def is_described(self) -> bool:
        """Whether options describe the behaviour."""
        return bool(self.outcomes or self.type or self.message or self.exit_code is not None)

    @property
    def has_sides(self) -> bool:
        """Whether an answer is good or bad, rather than a signature."""
        return self.is_described or self.find != "change"

    @property
    def reversed(self) -> Question:
        """The same question with the two sides exchanged."""
        find = {"change": "change", "broken": "fixed", "fixed": "broken"}[self.find]
        return replace(self, find=find)

    @property
    def either_way(self) -> Question:
        """The same behaviour, whether it appears or disappears."""
        return replace(self, find="change")

    @property
    def terms(self) -> tuple[str, str]:
        """The names of the older and the newer side of the change."""
        return {"change": ("old", "new"), "broken": ("good", "bad"), "fixed": ("bad", "good")}[
            self.find
        ]

    def answer(self, observation: Observation) -> Hashable | None:
        """The answer for the search: whether the behaviour is shown, or else the signature.

        None if there is no result, or if the question has sides and the release does not support
        the case.
        """
        signature = observation.signature
        if signature is None or not self.has_sides:
            return signature
        if signature.outcome == "unsupported" and "unsupported" not in self.outcomes:
            return None
        return self.is_bad(observation)

    def is_turn(self, old: Hashable, new: Hashable) -> bool:
        """Whether the change lies between an older and a newer answer."""
        if self.find == "change":
            return differ(old, new)
        return differ(old, new) and self.can_be_newer(new)

    def can_be_newer(self, answer: Hashable) -> bool:
        """Whether an answer can be that of the newer side of the change."""
        return self.find == "change" or answer is (self.find == "broken")

    def is_same(self, first: Observation, second: Observation) -> bool:
        """Whether two observations show one behaviour: equal signatures, or both as described.

        Where any failure is searched for, two good outcomes are one behaviour, too: a file that
        is refused with another exception is still refused. Two different failures are not.
        """
        if first.signature == second.signature:
            return True
        if self.is_described:
            return self.is_bad(first) and self.is_bad(second)
        return self.has_sides and _is_good(first) and _is_good(second)

    def is_bad(self, observation: Observation) -> bool:
        """Whether an observation shows the behaviour."""
        signature = observation.signature
        if signature is None:
            return False
        if not self.is_described:
            return signature.outcome not in GOOD_OUTCOMES
        messages = (signature.message, observation.message)
        return (
            (not self.outcomes or signature.outcome in self.outcomes)
            and (not self.type or signature.type == self.type)
            and any(re.search(self.message, message) for message in messages)
            and (self.exit_code is None or _exit_status(observation) == self.exit_code)
        )

    def __str__(self) -> str:
        if not self.has_sides:
            return "any change of signature"
        behaviour = " and ".join(self._description()) or "any failure"
        return {
            "change": f"where this changes: {behaviour}",
            "broken": f"where this came in: {behaviour}",
            "fixed": f"where this went away: {behaviour}",
        }[self.find]

    def _description(self) -> Iterator[str]:
        """What is known of the behaviour, one property at a time."""
        if self.outcomes:
            yield f"outcome {' or '.join(self.outcomes)}"
        if self.type:
            yield f"exception {self.type}"
        if self.message:
            yield f"message matching {self.message!r}"
        if self.exit_code is not None:
            yield f"exit status {self.exit_code}"


@dataclass(frozen=True)
class KnownChange:
    """A known change, for telling which side of it an observation is like."""

    question: Question
    before: Observation
    after: Observation

    def answer(self, observation: Observation) -> str | None:
        """``old`` or ``new``; None for an observation that is like neither side."""
        if self.question.is_same(observation, self.after):
            return "new"
        return "old" if self.question.is_same(observation, self.before) else None

    def is_newer(self, observation: Observation) -> bool | None:
        """Whether an observation is like the newer side; None where it is like neither."""
        answer = self.answer(observation)
        return None if answer is None else answer == "new"

    def is_turn(self, old: Hashable, new: Hashable) -> bool:
        """Whether two answers go from ``old`` to ``new``."""
        return (old, new) == ("old", "new")


def _is_good(observation: Observation) -> bool:
    """Whether an observation has one of `GOOD_OUTCOMES`."""
    return observation.signature is not None and observation.signature.outcome in GOOD_OUTCOMES


def _exit_status(observation: Observation) -> int | None:
    """The status that a script or its interpreter ended with; None where it did not exit."""
    if observation.cell is None or observation.cell.outcome not in ("script-exit", "crash"):
        return None
    return observation.cell.status
