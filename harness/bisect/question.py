"""The question: which difference between two outcomes is sought, and in which words it is told."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

from harness.bisect.search import differ
from harness.errors import UsageProblem
from harness.signatures import Signature

FINDS = ("change", "broken", "fixed")


@dataclass(frozen=True)
class Question:
    """What is sought: any change of signature, or a behaviour that comes in or goes away.

    ``outcomes``, ``type``, ``message`` (a regular expression, found anywhere) and ``exit_code``
    describe the behaviour; all that are given must hold. Without any it is a behaviour to break or
    to be fixed if it is not a pass.
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
            raise UsageProblem(
                f"--message {self.message!r} is no regular expression: {error}"
            ) from None

    @property
    def describes(self) -> bool:
        """Whether a behaviour is described, so that signatures fall into two kinds."""
        return self._is_described or self.find != "change"

    @property
    def _is_described(self) -> bool:
        return bool(self.outcomes or self.type or self.message or self.exit_code is not None)

    @property
    def reversed(self) -> Question:
        """The same behaviour sought the other way round."""
        find = {"change": "change", "broken": "fixed", "fixed": "broken"}[self.find]
        return replace(self, find=find)

    def answer(self, signature: Signature) -> Hashable | None:
        """What the search is told: the signature, or whether it is the behaviour described.

        None for a release that does not have what is asked about, where a behaviour is described.
        """
        if not self.describes:
            return signature
        return None if signature.outcome == "unsupported" else self.is_bad(signature)

    def is_same(self, one: Signature, other: Signature) -> bool:
        """Whether two signatures are one behaviour: equal, or both what is described by options.

        Something else that is broken is not the same, though both are no pass.
        """
        if self._is_described:
            return self.is_bad(one) == self.is_bad(other)
        return one == other

    def is_bad(self, signature: Signature) -> bool:
        """Whether a signature is the behaviour described."""
        if self.exit_code is not None and signature.message != f"exit status {self.exit_code}":
            return False
        if not (self.outcomes or self.type or self.message):
            return self.exit_code is not None or signature.outcome != "pass"
        return (
            (not self.outcomes or signature.outcome in self.outcomes)
            and (not self.type or signature.type == self.type)
            and re.search(self.message, signature.message) is not None
        )

    def is_turn(self, old: Hashable, new: Hashable) -> bool:
        """Whether what is sought lies between an older and a newer answer."""
        if self.find == "change":
            return differ(old, new)
        return differ(old, new) and new is (self.find == "broken")

    @cached_property
    def terms(self) -> tuple[str, str]:
        """What the older and the newer side of the change are called."""
        return {"change": ("old", "new"), "broken": ("good", "bad"), "fixed": ("bad", "good")}[
            self.find
        ]

    def __str__(self) -> str:
        parts = [
            *([f"outcome {' or '.join(self.outcomes)}"] if self.outcomes else []),
            *([f"exception {self.type}"] if self.type else []),
            *([f"message matching {self.message!r}"] if self.message else []),
            *([f"exit status {self.exit_code}"] if self.exit_code is not None else []),
        ]
        behaviour = " and ".join(parts) or "anything but a pass"
        if not self.describes:
            return "any change of signature"
        return {
            "change": f"where this changes: {behaviour}",
            "broken": f"where this came in: {behaviour}",
            "fixed": f"where this went away: {behaviour}",
        }[self.find]
