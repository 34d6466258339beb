from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.change_kinds import ChangeKind, kind_of
from harness.results.signatures import Signature


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("pass", "load-error", ChangeKind.REGRESSION),
        ("load-error", "mismatch", ChangeKind.REGRESSION),
        ("load-error", "timeout", ChangeKind.REGRESSION),
        ("unsupported", "timeout", ChangeKind.FAILING),
        ("mismatch", "timeout", ChangeKind.REGRESSION),
        ("pass", "unsupported", ChangeKind.UNSUPPORTED),
        ("load-error", "unsupported", ChangeKind.UNSUPPORTED),
        ("timeout", "load-error", ChangeKind.RAISES),
        ("mismatch", "pass", ChangeKind.FIX),
        ("unsupported", "pass", ChangeKind.SUPPORTED),
        ("unsupported", "load-error", ChangeKind.FAILING),
        ("runs", "unresolvable", ChangeKind.BROKEN),
        ("import-error", "runs", ChangeKind.INSTALLABLE),
        ("install-error", "unresolvable", ChangeKind.CHANGE),
        ("load-error", "save-error", ChangeKind.CHANGE),
    ],
)
def test_the_kind_follows_from_both_outcomes(before: str, after: str, kind: ChangeKind) -> None:
    assert kind_of(Signature(before), Signature(after)) is kind


def test_another_exception_with_the_same_outcome_is_a_change() -> None:
    before = Signature("load-error", "ValueError", "a")
    for after in (
        replace(before, type="KeyError"),
        replace(before, message="b"),
        replace(before, module="m"),
    ):
        assert kind_of(before, after) is ChangeKind.CHANGE
