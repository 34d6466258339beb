"""The question: which difference between two answers is sought, and in which words it is told."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Protocol

from harness.bisect.observation import Observation
from harness.bisect.search import differ
from harness.util.errors import UsageError

FINDS = ("change", "broken", "fixed")


class Criterion(Protocol):
    """What a walk needs to know: what is told to the search, and what it looks for."""

    def answer(self, observed: Observation) -> Hashable | None:
        """What the search is told; None for no answer."""

    def is_turn(self, old: Hashable, new: Hashable) -> bool:
        """Whether what is sought lies between an older and a newer answer."""


@dataclass(frozen=True)
class Question:
    """What is sought: any change of signature, or a behaviour that comes in or goes away.

    ``outcomes``, ``type``, ``message`` (a regular expression, found anywhere in the message, be it
    normalised or not) and ``exit_code`` describe the behaviour; all that are given must hold.
    Without any it is a behaviour to break or to be fixed if it is not a pass.
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
            told = f"--message {self.message!r} is no regular expression: {error}"
            raise UsageError(told) from None

    @property
    def is_described(self) -> bool:
        """Whether options describe the behaviour."""
        return bool(self.outcomes or self.type or self.message or self.exit_code is not None)

    @property
    def has_sides(self) -> bool:
        """Whether answers fall into good and bad, and not into as many as there are signatures."""
        return self.is_described or self.find != "change"

    @property
    def reversed(self) -> Question:
        """The same behaviour sought the other way round."""
        find = {"change": "change", "broken": "fixed", "fixed": "broken"}[self.find]
        return replace(self, find=find)

    @property
    def either_way(self) -> Question:
        """The same behaviour, wherever it comes or goes."""
        return replace(self, find="change")

    @property
    def terms(self) -> tuple[str, str]:
        """What the older and the newer side of the change are called."""
        return {"change": ("old", "new"), "broken": ("good", "bad"), "fixed": ("bad", "good")}[
            self.find
        ]

    def answer(self, observed: Observation) -> Hashable | None:
        """What the search is told: the signature, or whether it is the behaviour described.

        None for a release that does not have what is asked about, where a behaviour is described.
        """
        if observed.signature is None or not self.has_sides:
            return observed.signature
        if observed.signature.outcome == "unsupported" and "unsupported" not in self.outcomes:
            return None
        return self.is_bad(observed)

    def is_turn(self, old: Hashable, new: Hashable) -> bool:
        """Whether what is sought lies between an older and a newer answer."""
        if self.find == "change":
            return differ(old, new)
        return differ(old, new) and self.can_be_newer(new)

    def can_be_newer(self, answer: Hashable) -> bool:
        """Whether an answer can be that of the newer side."""
        return self.find == "change" or answer is (self.find == "broken")

    def is_same(self, one: Observation, other: Observation) -> bool:
        """Whether two answers are one behaviour: equal, or both what options describe.

        Something else that fails is not the same, though neither is a pass.
        """
        if one.signature == other.signature:
            return True
        return self.is_described and self.is_bad(one) and self.is_bad(other)

    def is_bad(self, observed: Observation) -> bool:
        """Whether an answer is the behaviour described."""
        signature = observed.signature
        if signature is None:
            return False
        if not self.is_described:
            return signature.outcome != "pass"
        texts = (signature.message, observed.message)
        return (
            (not self.outcomes or signature.outcome in self.outcomes)
            and (not self.type or signature.type == self.type)
            and any(re.search(self.message, text) for text in texts)
            and (self.exit_code is None or _exit_status(observed) == self.exit_code)
        )

    def __str__(self) -> str:
        parts = [
            *([f"outcome {' or '.join(self.outcomes)}"] if self.outcomes else []),
            *([f"exception {self.type}"] if self.type else []),
            *([f"message matching {self.message!r}"] if self.message else []),
            *([f"exit status {self.exit_code}"] if self.exit_code is not None else []),
        ]
        if not self.has_sides:
            return "any change of signature"
        behaviour = " and ".join(parts) or "anything but a pass"
        return {
            "change": f"where this changes: {behaviour}",
            "broken": f"where this came in: {behaviour}",
            "fixed": f"where this went away: {behaviour}",
        }[self.find]


@dataclass(frozen=True)
class Between:
    """Which of two answers a third is like; what is like neither is no answer."""

    question: Question
    before: Observation
    after: Observation

    def answer(self, observed: Observation) -> str | None:
        """``old``, ``new`` or None."""
        if self.question.is_same(observed, self.after):
            return "new"
        return "old" if self.question.is_same(observed, self.before) else None

    def is_newer(self, observed: Observation) -> bool | None:
        """Whether an answer is like the newer; None where it is like neither."""
        return {"new": True, "old": False, None: None}[self.answer(observed)]

    def is_turn(self, old: Hashable, new: Hashable) -> bool:
        """From ``old`` to ``new`` and no other way."""
        return (old, new) == ("old", "new")


def _exit_status(observed: Observation) -> int | None:
    """The status that a script or its interpreter ended with."""
    if observed.cell is None or observed.cell.outcome not in ("script-exit", "crash"):
        return None
    match = re.search(r"status (\d+)$", observed.message)
    return int(match[1]) if match else None
