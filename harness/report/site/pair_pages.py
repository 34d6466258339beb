"""The page of a pair: its environment, all of its cells, and every traceback whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.report.site.source import Source, pair_path, render
from harness.results.model import FORMATS, Cell, Result
from harness.results.signatures import signature_of


@dataclass
class Failure:
    """One exception of a pair, and the cells that it ended; no outcome for one of another time."""

    outcome: str
    label: str
    error: Mapping[str, Any]
    cells: dict[str, list[str]] = field(default_factory=dict)


def pair_pages(source: Source) -> Iterator[tuple[str, str]]:
    """Path and text of each."""
    for result in source.results:
        path = pair_path(result.pair.id)
        yield path, _page(path, result, source)


def _page(path: str, result: Result, source: Source) -> str:
    by_case: dict[str, dict[str, Cell]] = {}
    for case, name in sorted(result.cells):
        by_case.setdefault(case, {})[name] = result.cells[case, name]
    run = {cell.format for cell in result.cells.values() if cell.outcome != "unsupported"}
    failures = _failures(result)
    places = {id(failure.error): place for place, failure in enumerate(failures, 1)}

    def place_of(error: Mapping[str, Any]) -> int:
        return places[id(error)]

    return render(
        "pair.html",
        path,
        result=result,
        releases=source.releases,
        unknown=source.tallies[result.pair.id].unknown,
        formats=[name for name in FORMATS if name in run],
        cases=by_case,
        failures=failures,
        place_of=place_of,
        notes=_notes(result),
        seconds=sum(cell.seconds for cell in result.cells.values()),
    )


def _failures(result: Result) -> list[Failure]:
    """The exceptions in the order of their cells; a file holds each one once."""
    found: dict[int, Failure] = {}
    for cell in (result.cells[key] for key in sorted(result.cells)):
        for error in (cell.error, cell.flaky):
            if error is not None:
                now = error is cell.error
                label = signature_of(cell).label if now else f"{error['type']} at another time"
                made = Failure(cell.outcome if now else "", label, error)
                failure = found.setdefault(id(error), made)
                failure.cells.setdefault(cell.case, []).append(cell.format)
    return list(found.values())


def _notes(result: Result) -> dict[str, list[str]]:
    """Why cells are not run: each reason with its cases."""
    found: dict[str, dict[str, None]] = {}
    for cell in result.cells.values():
        if cell.outcome == "unsupported":
            found.setdefault(cell.note, {})[cell.case] = None
    return {note: sorted(cases) for note, cases in sorted(found.items())}
