"""Synthetic histories: the stored one, with every case repeated under several names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.execution.cases import Case, all_cases, code_digests
from harness.results import store
from harness.results.model import Cell, CellKey, Result
from harness.results.validity import without_outdated


def repeated(times: int) -> tuple[list[Result], list[Case]]:
    """Return the stored results and the cases, with each case under ``times`` names."""
    cases = all_cases()
    stored, _ = without_outdated(store.read_all()[0], code_digests(cases))
    if times == 1:
        return stored, cases
    return (
        [replace(result, cells=dict(_repeated_cells(result, times))) for result in stored],
        [Case(f"{case.name}_{number}", case.path) for case in cases for number in range(times)],
    )


def _repeated_cells(result: Result, times: int) -> Iterator[tuple[CellKey, Cell]]:
    for (case, format_name), cell in result.cells.items():
        for number in range(times):
            new_case = f"{case}_{number}"
            yield (new_case, format_name), replace(cell, case=new_case)
