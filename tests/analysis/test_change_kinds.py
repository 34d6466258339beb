"""Kinds of change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.change_kinds import (
    MEANINGS,
    ChangeKind,
    counted_kind,
    kind_of,
    severity,
)
from harness.results.model import CELL_OUTCOMES, GOOD_OUTCOMES, PAIR_OUTCOMES
from harness.results.signatures import RUNS, Signature


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("pass", "load-error", ChangeKind.REGRESSION),
        ("pass", "mismatch", ChangeKind.REGRESSION),
        ("load-error", "mismatch", ChangeKind.REGRESSION),
        ("load-error", "timeout", ChangeKind.REGRESSION),
        ("mismatch", "crash", ChangeKind.REGRESSION),
        ("mismatch", "timeout", ChangeKind.REGRESSION),
        ("pass", "unsupported", ChangeKind.UNSUPPORTED),
        ("load-error", "unsupported", ChangeKind.UNSUPPORTED),
        ("unsupported", "load-error", ChangeKind.FAILING),
        ("unsupported", "mismatch", ChangeKind.FAILING),
        ("unsupported", "timeout", ChangeKind.FAILING),
        ("unsupported", "pass", ChangeKind.SUPPORTED),
        ("load-error", "save-error", ChangeKind.CHANGE),
        ("mismatch", "load-error", ChangeKind.RAISES),
        ("timeout", "load-error", ChangeKind.RAISES),
        ("crash", "load-error", ChangeKind.RAISES),
        ("mismatch", "pass", ChangeKind.FIX),
        ("load-error", "pass", ChangeKind.FIX),
        ("refused", "accepted", ChangeKind.REGRESSION),
        ("refused", "mismatch", ChangeKind.REGRESSION),
        ("refused", "timeout", ChangeKind.REGRESSION),
        ("refused", "crash", ChangeKind.REGRESSION),
        ("refused", "load-error", ChangeKind.REGRESSION),
        ("load-error", "accepted", ChangeKind.REGRESSION),
        ("accepted", "refused", ChangeKind.FIX),
        ("load-error", "refused", ChangeKind.FIX),
        ("timeout", "refused", ChangeKind.FIX),
        ("accepted", "load-error", ChangeKind.RAISES),
        ("pass", "refused", ChangeKind.CHANGE),
        ("unsupported", "refused", ChangeKind.SUPPORTED),
        ("unsupported", "accepted", ChangeKind.FAILING),
        ("refused", "unsupported", ChangeKind.UNSUPPORTED),
        (RUNS, "unresolvable", ChangeKind.BROKEN),
        ("import-error", RUNS, ChangeKind.INSTALLABLE),
        ("import-error", "unresolvable", ChangeKind.CHANGE),
        ("install-error", "unresolvable", ChangeKind.CHANGE),
    ],
)
def test_kind_of_a_change_of_outcome(before: str, after: str, kind: ChangeKind) -> None:
    assert kind_of(Signature(before), Signature(after)) is kind


@pytest.mark.parametrize("outcome", ["load-error", "refused"])
def test_another_exception_with_the_same_outcome_is_a_change(outcome: str) -> None:
    before = Signature(outcome, "ValueError", "a")
    for after in (
        replace(before, type="KeyError"),
        replace(before, message="b"),
        replace(before, module="m"),
    ):
        assert kind_of(before, after) is ChangeKind.CHANGE


def test_every_kind_has_a_meaning() -> None:
    assert list(MEANINGS) == list(ChangeKind)
    assert all(MEANINGS.values())


def test_severity_puts_silent_failures_above_hangs_and_these_above_exceptions() -> None:
    outcomes = sorted(CELL_OUTCOMES, key=severity)
    assert outcomes[:3] == ["unsupported", *GOOD_OUTCOMES]
    assert {severity(outcome) for outcome in ("build-error", "save-error", "load-error")} == {1}
    assert severity("pass") == severity("refused") == 0 < severity("load-error")
    assert severity("load-error") < severity("timeout") == severity("crash")
    assert severity("crash") < severity("accepted") < severity("mismatch")
    assert all(severity(outcome) > severity("mismatch") for outcome in PAIR_OUTCOMES)


def test_several_changes_are_told_in_the_plural() -> None:
    assert counted_kind(1, ChangeKind.REGRESSION) == "1 regression"
    assert counted_kind(2, ChangeKind.FIX) == "2 fixes"
    assert counted_kind(2, ChangeKind.RAISES) == "2 now raise"
    assert counted_kind(2, ChangeKind.FAILING) == "2 newly failing"
    assert counted_kind(2, ChangeKind.BROKEN) == "not installable"
