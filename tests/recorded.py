"""Recorded results: a part of what real runs left, frozen, so that no test depends on new ones.

``tests/data/results`` holds the natural pairs and some others, with a few cases each. Their digests
are those of the code that made them; `cases` and `digests` belong to that code, whatever the
present code is.
"""

from __future__ import annotations

from pathlib import Path

from harness.execution.cases import Case, all_cases
from harness.results import store
from harness.results.model import Result
from harness.results.validity import CodeDigests

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
