"""Failures that the runner reports as those of a release, although the case file is their cause."""

from __future__ import annotations

import re

from harness.execution.cases import Case
from harness.execution.events import BAD_CASE, CellRecord
from harness.results.model import ExceptionRecord

#: Functions of a case that do not exercise a release: whatever they raise is the case's own fault.
_OWN_FUNCTIONS = ("applies", "inputs", "damage", "damage_file")
#: What the runner says where no line is known, as of a `build` that returns no model.
_WITHOUT_LINE = re.compile(r":1: BadCase: (?P<function>build(?=\(\)))?")


def judged(record: CellRecord, case: Case) -> CellRecord:
    """The record of a cell; that of a bad case where the case file is the cause of a failure.

    Its note names the file and, where one is known, the line.
    """
    if record.outcome == BAD_CASE:
        return CellRecord(BAD_CASE, note=_located(record.note, case))
    fault = _fault_in(record.error, case) if record.phase and record.error else None
    return CellRecord(BAD_CASE, note=f"{case.path.name}:{fault}") if fault else record


def _located(note: str, case: Case) -> str:
    """The note with the line of the function that it names, or without a line."""

    def place(match: re.Match[str]) -> str:
        function = match["function"]
        return f":{case.line_of(function)}: {function}" if function else ": "

    return _WITHOUT_LINE.sub(place, note, count=1)


def _fault_in(error: ExceptionRecord, case: Case) -> str | None:
    """Line and text of an exception that the case's own code is to blame for."""
    if not error["frames"]:
        return None
    module, function, line = error["frames"][0]
    if module == f"case_{case.path.stem}" and function in _OWN_FUNCTIONS:
        return f"{line}: {function}() raises {error['type']}: {error['message']}"
    module, function, line = error["frames"][-1]
    if module == f"case_{case.path.stem}" and error["type"] == "SystemExit":
        return f"{line}: {function}() ends the interpreter"
    return None
