"""Failures of a case file, told from failures of a release by the frames of the exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.execution.case_faults import judged
from harness.execution.cases import Case
from harness.execution.events import BAD_CASE, CellRecord

CASE = Case("shared", Path("cases/shared.py"))
IN_KERAS = ["keras.src.models.functional", "run_through_graph", 640]


def record_of(type_: str, *frames: list[Any], phase: str = "predict") -> CellRecord:
    error = {"type": type_, "message": "no", "frames": list(frames)}
    return CellRecord("build-error", 0.1, phase=phase, error=error)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", ["applies", "inputs", "damage", "damage_file"])
def test_a_function_that_asks_nothing_of_a_release_must_not_raise(function: str) -> None:
    record = record_of("KeyError", ["case_shared", function, 7], IN_KERAS)
    assert judged(record, CASE) == CellRecord(
        BAD_CASE, note=f"shared.py:7: {function}() raises KeyError: no"
    )


@pytest.mark.parametrize(
    "record",
    [
        CellRecord("pass", 0.1),
        CellRecord("unsupported", note="the case does not apply to this release"),
        record_of("KeyError"),
        record_of("KeyError", ["case_shared", "build", 7]),
        record_of("KeyError", IN_KERAS, ["case_shared", "inputs", 7]),
        record_of("KeyError", ["case_other", "inputs", 7]),
        record_of("SystemExit", ["case_shared", "build", 7], IN_KERAS),
        record_of("SystemExit", ["__main__", "<module>", 7], phase=""),
    ],
)
def test_all_other_failures_are_those_of_the_release(record: CellRecord) -> None:
    assert judged(record, CASE) == record
