"""Kinds of change: what a change of behaviour means to those who depend on it."""

from __future__ import annotations

from enum import StrEnum

from harness.results.model import PAIR_OUTCOMES
from harness.results.signatures import Signature

#: Failures that raise no exception.
_WITHOUT_EXCEPTION = ("mismatch", "timeout", "crash")
_SEVERITY = {
    "unsupported": -1, "pass": 0, "build-error": 1, "save-error": 1, "load-error": 1, "crash": 2,
    "timeout": 2, "mismatch": 3,
}  # fmt: skip
#: The severity of the outcome of a whole pair.
_PAIR_SEVERITY = 4


class ChangeKind(StrEnum):
    """The kind of a change; the worst kinds come first."""

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
#: What each kind means, as the pages of the report say it.
MEANINGS = {
    ChangeKind.BROKEN: "can no longer be installed or imported, so no cell can be run",
    ChangeKind.REGRESSION: "no longer passes, or newly differs silently, hangs or crashes",
    ChangeKind.UNSUPPORTED: "no longer has this format",
    ChangeKind.FAILING: "has this format now, but fails in it",
    ChangeKind.CHANGE: "fails in another way",
    ChangeKind.RAISES: "raises an exception where it differed silently, hung or crashed",
    ChangeKind.FIX: "passes now",
    ChangeKind.SUPPORTED: "has this format now, and passes in it",
    ChangeKind.INSTALLABLE: "can be installed and imported again",
}


def kind_of(before: Signature, after: Signature) -> ChangeKind:
    """Return the kind of the change of a cell or of a whole pair between two signatures.

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
    """Return the kind of the change of a cell between two different outcomes."""
    if old == "unsupported":
        return ChangeKind.SUPPORTED if new == "pass" else ChangeKind.FAILING
    if new == "unsupported":
        return ChangeKind.UNSUPPORTED
    if new == "pass":
        return ChangeKind.FIX
    if old == "pass" or new in _WITHOUT_EXCEPTION:
        return ChangeKind.REGRESSION
    return ChangeKind.RAISES if old in _WITHOUT_EXCEPTION else ChangeKind.CHANGE


def severity(outcome: str) -> int:
    """Return how bad an outcome is: above 0 it is a failure, and `_PAIR_SEVERITY` is the worst.

    An exception is better than a hang or a crash, and these are better than a silent mismatch.
    """
    return _SEVERITY.get(outcome, _PAIR_SEVERITY)
