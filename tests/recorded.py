"""Recorded results: a part of what real runs left, frozen, so that no test depends on new ones.

``tests/data/results`` holds the natural pairs and some others, with a few cases each. Their digests
are those of the code that made them; `cases` and `digests` belong to that code, whatever the
present code is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.execution.cases import Case, all_cases
from harness.results import store
from harness.results.model import Cell, Result
from harness.results.validity import CodeDigests

#: The contract case among the recorded ones, in the formats keras and json.
CONTRACT = "contract_node_past_end"
#: Two releases of which neither was developed from the other: 3.12.4 came out after 3.13.0.
TWO_BRANCHES = ("keras-3.12.4_tensorflow-2.21.0_py3.11", "keras-3.13.0_tensorflow-2.20.0_py3.11")
FOLDER = Path(__file__).parent / "data" / "results"


def path(pair_id: str) -> Path:
    """The recorded file of a pair."""
    return FOLDER / f"{pair_id}.json"


def result(pair_id: str) -> Result:
    """The recorded result of a pair; a new object each time."""
    return store.read(path(pair_id))


def results() -> list[Result]:
    """All recorded results, in the order of their pairs."""
    recorded, damaged = store.read_all(FOLDER)
    assert not damaged
    return recorded


def refusing(pair_id: str, **outcomes: str) -> Result:
    """The recorded result of a pair with its contract cells as the runner now reports them.

    The results were recorded when a file refused as it should be still read as ``load-error``.
    ``outcomes`` gives, by format, contract cells another outcome, without an exception.
    """
    recorded = result(pair_id)
    cells = {key: _refusing(cell, outcomes) for key, cell in recorded.cells.items()}
    return replace(recorded, cells=cells)


def _refusing(cell: Cell, outcomes: Mapping[str, str]) -> Cell:
    if cell.case != CONTRACT:
        return cell
    if cell.format in outcomes:
        return replace(cell, outcome=outcomes[cell.format], phase="", error=None)
    if (cell.outcome, cell.phase) == ("load-error", "load"):
        return replace(cell, outcome="refused")
    return cell


def digests() -> CodeDigests:
    """The digests of the code that made the recorded results."""
    cells = result("keras-3.6.0_tensorflow-2.17.0_py3.11").cells.values()
    return CodeDigests({cell.case: cell.digest for cell in cells}, "of the recorded rules")


def cases() -> list[Case]:
    """The recorded cases, with the digests that they had then."""
    frozen = digests().cases
    chosen = [case for case in all_cases() if case.name in frozen]
    for case in chosen:
        vars(case)["digest"] = frozen[case.name]  # where the cached property keeps it
    return chosen
