"""Kinds of change: what it means to who depends on a behaviour that it is another one now."""

from __future__ import annotations

from enum import StrEnum

from harness.results.model import PAIR_OUTCOMES
from harness.results.signatures import Signature

#: Outcomes that nobody is told of by an exception.
_UNTOLD = ("mismatch", "timeout", "crash")
_SEVERITY = {
    "unsupported": -1, "pass": 0, "build-error": 1, "save-error": 1, "load-error": 1, "crash": 2,
    "timeout": 2, "mismatch": 3,
}  # fmt: skip


class ChangeKind(StrEnum):
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
PAIR_KINDS = (ChangeKind.BROKEN, ChangeKind.INSTALLABLE)
#: What each means.
MEANINGS = {
    ChangeKind.BROKEN: "there is no environment any more in which a cell could be run",
    ChangeKind.REGRESSION: "a pass no longer, or silently different, endless or dead where it "
    "was not",
    ChangeKind.UNSUPPORTED: "the release has no such format any more",
    ChangeKind.FAILING: "the release has the format now, and fails in it",
    ChangeKind.CHANGE: "fails in another way",
    ChangeKind.RAISES: "an exception, where it was silently different, endless or dead",
    ChangeKind.FIX: "passes now",
    ChangeKind.SUPPORTED: "the release has the format now",
    ChangeKind.INSTALLABLE: "there is an environment again",
}


def kind_of(before: Signature, after: Signature) -> ChangeKind:
    """What it is that a cell, or a whole pair, came to ``after`` and not to ``before``.

    >>> kind_of(Signature("load-error", "ValueError"), Signature("timeout"))
    <ChangeKind.REGRESSION: 'regression'>
    >>> kind_of(Signature("mismatch"), Signature("load-error", "ValueError"))
    <ChangeKind.RAISES: 'now raises'>
    """
    old, new = before.outcome, after.outcome
    if old == new or (old in PAIR_OUTCOMES and new in PAIR_OUTCOMES):
        return ChangeKind.CHANGE
    if new in PAIR_OUTCOMES:
        return ChangeKind.BROKEN
    if old in PAIR_OUTCOMES:
        return ChangeKind.INSTALLABLE
    return _kind_of_cell(old, new)


def _kind_of_cell(old: str, new: str) -> ChangeKind:
    """The kind by the outcomes, which differ."""
    if old == "unsupported":
        return ChangeKind.SUPPORTED if new == "pass" else ChangeKind.FAILING
    if new == "unsupported":
        return ChangeKind.UNSUPPORTED
    if new == "pass":
        return ChangeKind.FIX
    if old == "pass" or new in _UNTOLD:
        return ChangeKind.REGRESSION
    return ChangeKind.RAISES if old in _UNTOLD else ChangeKind.CHANGE


def severity(outcome: str) -> int:
    """How bad an outcome is; more than 0 is a failure, and the whole pair's failure the worst.

    An exception is better than no end, and no end better than a silent lie.
    """
    return _SEVERITY.get(outcome, 4)
