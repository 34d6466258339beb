"""Kinds of change: what it means to who depends on a behaviour that it is another one now."""

from __future__ import annotations

from enum import StrEnum

from harness.signatures import Signature

#: Outcomes that nobody is told of by an exception.
_UNTOLD = ("mismatch", "timeout", "crash")
_SEVERITY = {
    "unsupported": -1, "pass": 0, "build-error": 1, "save-error": 1, "load-error": 1, "crash": 2,
    "timeout": 2, "mismatch": 3,
}  # fmt: skip


class Kind(StrEnum):
    """What a change is, the worst first."""

    BROKEN = "not installable"
    REGRESSION = "regression"
    UNSUPPORTED = "newly unsupported"
    CHANGE = "change"
    RAISES = "now raises"
    FIX = "fix"
    SUPPORTED = "newly supported"
    INSTALLABLE = "installable again"


#: The kinds that a cell can have, and what they mean.
OF_CELLS = {
    Kind.REGRESSION: "a pass no longer, or silently different, endless or dead where it was not",
    Kind.UNSUPPORTED: "the release has no such format any more",
    Kind.CHANGE: "fails in another way",
    Kind.RAISES: "an exception, where it was silently different, endless or dead",
    Kind.FIX: "passes now",
    Kind.SUPPORTED: "the release has the format now",
}


def kind_of(before: Signature, after: Signature) -> Kind:
    """What it is that a cell came to ``after`` and not to ``before``, which differ.

    >>> kind_of(Signature("load-error", "ValueError"), Signature("timeout"))
    <Kind.REGRESSION: 'regression'>
    >>> kind_of(Signature("mismatch"), Signature("load-error", "ValueError"))
    <Kind.RAISES: 'now raises'>
    """
    old, new = before.outcome, after.outcome
    if old != new:
        if new == "pass":
            return Kind.SUPPORTED if old == "unsupported" else Kind.FIX
        if new == "unsupported":
            return Kind.UNSUPPORTED
        if old == "pass" or new in _UNTOLD:
            return Kind.REGRESSION
        if old in _UNTOLD:
            return Kind.RAISES
    return Kind.CHANGE


def severity(outcome: str) -> int:
    """How bad an outcome is; more than 0 is a failure, and the whole pair's failure the worst.

    An exception is better than no end, and no end better than a silent lie.
    """
    return _SEVERITY.get(outcome, 4)
