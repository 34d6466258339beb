"""The page of a pair: all of its cells, every traceback in full, and its environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.report.site.content import CellContent
from harness.report.site.rendering import pair_path, render
from harness.results.model import FORMATS, Cell, Result
from harness.results.signatures import signature_of


@dataclass
class Failure:
    """One exception of a pair, and the formats by case of the cells that it ended.

    ``outcome`` is empty for the exception of another run, which a flaky cell keeps.
    """

    outcome: str
    label: str
    error: Mapping[str, Any]
    cells: dict[str, list[str]] = field(default_factory=dict)


def pair_pages(content: CellContent) -> Iterator[tuple[str, str]]:
    """The path and the text of each page."""
    for result in content.results:
        path = pair_path(result.pair.id)
        yield path, _page(path, result, content)


def _page(path: str, result: Result, content: CellContent) -> str:
    cells = result.cells.values()
    applicable_formats = {cell.format for cell in cells if cell.outcome != "unsupported"}
    failures = _failures(result)
    numbers = {id(failure.error): number for number, failure in enumerate(failures, 1)}

    def failure_number(error: Mapping[str, Any]) -> int:
        return numbers[id(error)]

    return render(
        "pair.html",
        path,
        result=result,
        releases=content.releases,
        tally=content.tallies[result.pair.id],
        formats=[name for name in FORMATS if name in applicable_formats],
        cases=_cells_by_case(result),
        failures=failures,
        failure_number=failure_number,
        notes=_notes(result),
        seconds=sum(cell.seconds for cell in cells),
    )


def _cells_by_case(result: Result) -> dict[str, dict[str, Cell]]:
    """The cells of a pair by case and then by format."""
    cells: dict[str, dict[str, Cell]] = {}
    for case, name in sorted(result.cells):
        cells.setdefault(case, {})[name] = result.cells[case, name]
    return cells


def _failures(result: Result) -> list[Failure]:
    """The exceptions of a pair in the order of their cells.

    Cells that share an exception share one object, because a result file holds each exception once.
    """
    failures: dict[int, Failure] = {}

    def add(cell: Cell, error: Mapping[str, Any], outcome: str, label: str) -> None:
        failure = failures.setdefault(id(error), Failure(outcome, label, error))
        failure.cells.setdefault(cell.case, []).append(cell.format)

    for key in sorted(result.cells):
        cell = result.cells[key]
        if cell.error is not None:
            add(cell, cell.error, cell.outcome, signature_of(cell).label)
        if cell.flaky is not None:
            add(cell, cell.flaky, "", f"{cell.flaky['type']} in another run")
    return list(failures.values())


def _notes(result: Result) -> dict[str, list[str]]:
    """The reasons why cells were not run, each with its cases."""
    cases_by_note: dict[str, set[str]] = {}
    for cell in result.cells.values():
        if cell.outcome == "unsupported":
            cases_by_note.setdefault(cell.note, set()).add(cell.case)
    return {note: sorted(cases) for note, cases in sorted(cases_by_note.items())}
