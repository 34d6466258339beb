"""Kinds of change: what it means to who depends on a behaviour that it is another one now."""

from __future__ import annotations

from enum import StrEnum

from harness.results.signatures import Signature
from harness.results.store import PAIR_OUTCOMES

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
    FAILING = "newly failing"
    CHANGE = "change"
    RAISES = "now raises"
    FIX = "fix"
    SUPPORTED = "newly supported"
    INSTALLABLE = "installable again"


#: The kinds that only a whole pair can have.
OF_PAIRS = (Kind.BROKEN, Kind.INSTALLABLE)
#: What each means.
MEANINGS = {
    Kind.BROKEN: "there is no environment any more in which a cell could be run",
    Kind.REGRESSION: "a pass no longer, or silently different, endless or dead where it was not",
    Kind.UNSUPPORTED: "the release has no such format any more",
    Kind.FAILING: "the release has the format now, and fails in it",
    Kind.CHANGE: "fails in another way",
    Kind.RAISES: "an exception, where it was silently different, endless or dead",
    Kind.FIX: "passes now",
    Kind.SUPPORTED: "the release has the format now",
    Kind.INSTALLABLE: "there is an environment again",
}


def kind_of(before: Signature, after: Signature) -> Kind:
    """What it is that a cell, or a whole pair, came to ``after`` and not to ``before``.

    >>> kind_of(Signature("load-error", "ValueError"), Signature("timeout"))
    <Kind.REGRESSION: 'regression'>
    >>> kind_of(Signature("mismatch"), Signature("load-error", "ValueError"))
    <Kind.RAISES: 'now raises'>
    """
    old, new = before.outcome, after.outcome
    if old == new or (old in PAIR_OUTCOMES and new in PAIR_OUTCOMES):
        return Kind.CHANGE
    if new in PAIR_OUTCOMES:
        return Kind.BROKEN
    if old in PAIR_OUTCOMES:
        return Kind.INSTALLABLE
    return _kind_of_cell(old, new)


def _kind_of_cell(old: str, new: str) -> Kind:
    """The kind by the outcomes, which differ."""
    if old == "unsupported":
        return Kind.SUPPORTED if new == "pass" else Kind.FAILING
    if new == "unsupported":
        return Kind.UNSUPPORTED
    if new == "pass":
        return Kind.FIX
    if old == "pass" or new in _UNTOLD:
        return Kind.REGRESSION
    return Kind.RAISES if old in _UNTOLD else Kind.CHANGE


def severity(outcome: str) -> int:
    """How bad an outcome is; more than 0 is a failure, and the whole pair's failure the worst.

    An exception is better than no end, and no end better than a silent lie.
    """
    return _SEVERITY.get(outcome, 4)
