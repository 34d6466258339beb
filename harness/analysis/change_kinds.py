"""Kinds of change: what a change of behaviour means to those who depend on it."""

from __future__ import annotations

from enum import StrEnum

from harness.results.model import GOOD_OUTCOMES, PAIR_OUTCOMES
from harness.results.signatures import Signature

#: Failures that raise no exception.
_WITHOUT_EXCEPTION = ("mismatch", "accepted", "timeout", "crash")
_SEVERITY = {
    "unsupported": -1, **dict.fromkeys(GOOD_OUTCOMES, 0), "build-error": 1, "save-error": 1,
    "load-error": 1, "crash": 2, "timeout": 2, "accepted": 3, "mismatch": 4,
}  # fmt: skip
#: The severity of the outcome of a whole pair.
_PAIR_SEVERITY = 5


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
#: What several changes of a kind are called; the other kinds read the same for one and for many.
PLURALS = {
    ChangeKind.REGRESSION: "regressions",
    ChangeKind.CHANGE: "changes",
    ChangeKind.RAISES: "now raise",
    ChangeKind.FIX: "fixes",
}
#: What each kind means, as the pages of the report say it.
MEANINGS = {
    ChangeKind.BROKEN: "can no longer be installed or imported, so no cell can be run",
    ChangeKind.REGRESSION: "no longer passes, no longer refuses what it should, or newly hangs, "
    "crashes or is silently wrong",
    ChangeKind.UNSUPPORTED: "no longer has this format",
    ChangeKind.FAILING: "has this format now, but fails in it",
    ChangeKind.CHANGE: "fails in another way, or refuses with another exception",
    ChangeKind.RAISES: "raises an exception where it hung, crashed or was silently wrong",
    ChangeKind.FIX: "passes now, or now refuses what it should",
    ChangeKind.SUPPORTED: "has this format now, and does not fail in it",
    ChangeKind.INSTALLABLE: "can be installed and imported again",
}


def kind_of(before: Signature, after: Signature) -> ChangeKind:
    """Return the kind of the change of a cell or of a whole pair between two signatures.

    >>> kind_of(Signature("load-error", "ValueError"), Signature("timeout"))
    <ChangeKind.REGRESSION: 'regression'>
    >>> kind_of(Signature("timeout"), Signature("refused", "ValueError"))
    <ChangeKind.FIX: 'fix'>
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
    was_good, is_good = old in GOOD_OUTCOMES, new in GOOD_OUTCOMES
    if old == "unsupported":
        return ChangeKind.SUPPORTED if is_good else ChangeKind.FAILING
    if new == "unsupported":
        return ChangeKind.UNSUPPORTED
    if is_good:
        return ChangeKind.CHANGE if was_good else ChangeKind.FIX
    if was_good or new in _WITHOUT_EXCEPTION:
        return ChangeKind.REGRESSION
    return ChangeKind.RAISES if old in _WITHOUT_EXCEPTION else ChangeKind.CHANGE


def counted_kind(number: int, kind: ChangeKind) -> str:
    """Return a number of changes of a kind in words; one of a whole pair needs no number.

    >>> counted_kind(2, ChangeKind.FIX), counted_kind(1, ChangeKind.BROKEN)
    ('2 fixes', 'not installable')
    """
    if kind in PAIR_KINDS:
        return str(kind)
    return f"{number} {kind if number == 1 else PLURALS.get(kind, kind)}"


def severity(outcome: str) -> int:
    """Return how bad an outcome is: above 0 it is a failure, and `_PAIR_SEVERITY` is the worst.

    An exception is better than a hang or a crash. These are better than a file that is
    accepted although it should be refused, and that is better than a silent mismatch.
    """
    return _SEVERITY.get(outcome, _PAIR_SEVERITY)
