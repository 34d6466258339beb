"""The text of result files, on recorded ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.results import document
from harness.results.document import DamagedResult
from harness.results.model import Cell, Result
from tests import recorded

PAIR_ID = "keras-3.6.0_tensorflow-2.17.0_py3.11"
NAME = f"{PAIR_ID}.json"


def written_again(result: Result) -> Result:
    return document.loads(document.dumps(result).encode(), f"{result.pair.id}.json")


def test_reading_and_writing_again_gives_the_same_bytes() -> None:
    paths = sorted(recorded.FOLDER.glob("*.json"))
    assert len(paths) > 80
    for path in paths:
        content = path.read_bytes()
        assert document.dumps(document.loads(content, path.name)).encode() == content, path.name


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_result_cut_short_is_damaged(share: float) -> None:
    content = recorded.path(PAIR_ID).read_bytes()
    with pytest.raises(DamagedResult, match=r"keras-3\.6\.0.* cannot be trusted"):
        document.loads(content[: int(len(content) * share)], NAME)


def test_a_file_under_the_name_of_another_pair_is_damaged() -> None:
    content = recorded.path(PAIR_ID).read_bytes()
    with pytest.raises(DamagedResult, match=r"it holds keras-3\.6\.0"):
        document.loads(content, "keras-3.7.0_tensorflow-2.18.0_py3.11.json")


def _first_cell(content: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = next(
        cell for case in content["cases"] for cell in case["formats"].values()
    )
    return cell


def _first_error(content: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = next(iter(content["errors"].values()))
    return error


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content.update(schema=1), "schema 1, expected 2"),
        (lambda content: content.update(more=1), "unknown field `more`"),
        (lambda content: content.pop("cases"), "missing required field `cases`"),
        (lambda content: content.update(pair="keras"), "keras"),
        (lambda content: content.update(outcome="pass"), "Invalid enum value 'pass'"),
        (
            lambda content: content.update(outcome="install-error"),
            "outcome of a pair that has none",
        ),
        (lambda content: _first_cell(content).update(seconds=-1.0), "Expected `float` >= 0"),
        (lambda content: content["cases"].append(content["cases"][0]), "it holds a cell twice"),
        (lambda content: content["errors"].clear(), "it has no error"),
        (lambda content: content["cases"][0].update(more=1), "unknown field `more`"),
        (lambda content: _first_error(content).update(more=1), "unknown field `more`"),
        (lambda content: _first_error(content).pop("message"), "missing required field `message`"),
        (lambda content: _first_error(content)["frames"].append(["module", "function"]), "length"),
        (
            lambda content: content["cases"][0]["unsupported"].update({"why": ["pickle"]}),
            "Expected `str` matching regex",
        ),
    ],
)
def test_what_does_not_follow_the_schema_is_damaged(
    damage: Callable[[dict[str, Any]], object], reason: str
) -> None:
    content = json.loads(recorded.path(PAIR_ID).read_bytes())
    damage(content)
    with pytest.raises(DamagedResult, match=reason):
        document.loads(json.dumps(content).encode(), NAME)


def test_lone_surrogates_become_question_marks() -> None:
    content = json.loads(recorded.path(PAIR_ID).read_bytes())
    _first_error(content)["message"] = "a\ud800b"
    result = document.loads(json.dumps(content).encode(), NAME)
    messages = {cell.error["message"] for cell in result.cells.values() if cell.error}
    assert "a?b" in messages


def test_an_exception_keeps_its_causes_or_that_it_has_none() -> None:
    result = recorded.result(PAIR_ID)
    result.cells.clear()
    for number, causes in enumerate([None, [], [{"type": "A", "message": "", "frames": []}]]):
        error: Any = {"type": "E", "message": "", "frames": [["m", "f", None]]}
        if causes is not None:
            error["causes"] = causes
        cell = Cell(f"case_{number}", "keras", "load-error", "digest", error=error)
        result.cells[cell.key] = cell
    assert written_again(result) == result


def test_the_cells_of_a_contract_are_kept() -> None:
    result = recorded.refusing(PAIR_ID, json="accepted")
    refused, accepted = (result.cells[recorded.CONTRACT, name] for name in ("keras", "json"))
    assert (refused.outcome, accepted.outcome) == ("refused", "accepted")
    assert refused.error is not None and accepted.error is None
    assert written_again(result) == result


def crashed(signal: str, note: str) -> Result:
    result = recorded.result(PAIR_ID)
    cell = Cell("case", "keras", "crash", "digest", note=note, signal=signal)
    result.cells = {cell.key: cell}
    return result


def test_a_signal_that_the_note_names_is_not_stored_again() -> None:
    result = crashed("SIGSEGV", "ended by signal SIGSEGV")
    assert '"signal"' not in document.dumps(result)
    assert written_again(result) == result


def test_a_signal_that_the_note_does_not_name_is_stored() -> None:
    result = crashed("SIGSEGV", "")
    assert '"signal": "SIGSEGV"' in document.dumps(result)
    assert written_again(result) == result


def test_an_exit_is_no_signal() -> None:
    result = crashed("", "exited with 3")
    assert written_again(result) == result
