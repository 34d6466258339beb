"""Events as lines: what a runner and a session write, and what is read of it."""

from __future__ import annotations

import json

import pytest

from harness.execution.events import (
    BadCase,
    CellFinished,
    CellKnown,
    CellRecord,
    CellStarted,
    Done,
    ImportFailed,
    MachineFault,
    Ready,
    RunnerEvent,
    SessionEvent,
    Stage,
    Unknown,
    decode_runner_event,
    decode_session_event,
    encode_session_event,
    session_event_as_dict,
    session_event_from_dict,
)
from harness.results.model import ExceptionRecord
from harness.results.signatures import Signature

ERROR: ExceptionRecord = {"type": "ValueError", "message": "no", "frames": [["m", "f", 1]]}
SIGNATURE = Signature("load-error", "ValueError", "no", "m", "f")
SESSION_EVENTS = [
    Stage("running", 3, 7), CellKnown("good", "h5", SIGNATURE), BadCase("case.py:1: no"),
    Unknown("a reason"), Done(1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ({"event": "ready", "seconds": 4.2, "keras": "3.6.0"}, Ready()),
        ({"event": "import-error", "error": ERROR}, ImportFailed(ERROR)),
        ({"event": "start", "case": "good", "format": "h5"}, CellStarted()),
        ({"event": "fault", "message": "No space left"}, MachineFault("No space left")),
        (
            {"event": "cell", "case": "good", "format": "h5",
             "result": {"outcome": "pass", "seconds": 0.1}},
            CellFinished(CellRecord("pass", 0.1)),
        ),
        (
            {"event": "cell", "result": {"outcome": "load-error", "seconds": 1.5, "phase": "load",
                                         "error": ERROR}},
            CellFinished(CellRecord("load-error", 1.5, phase="load", error=ERROR)),
        ),
    ],
)  # fmt: skip
def test_a_line_of_the_runner_is_an_event(line: dict[str, object], event: RunnerEvent) -> None:
    assert decode_runner_event(json.dumps(line).encode()) == event


def test_an_unsupported_cell_needs_no_seconds() -> None:
    line = b'{"event": "cell", "result": {"outcome": "unsupported", "note": "no such format"}}'
    record = CellRecord("unsupported", 0.0, note="no such format")
    assert decode_runner_event(line) == CellFinished(record)


def test_the_name_of_the_machine_is_left_out() -> None:
    """TensorFlow tells it where a graph has an operation that it does not know."""
    told = "Op type not registered 'DisableCopyOnRead' in binary running on {}. Make sure the Op"
    error = {"type": "FileNotFoundError", "message": told.format("a-1.example.org"), "frames": []}
    result = {"outcome": "load-error", "error": error}
    event = decode_runner_event(json.dumps({"event": "cell", "result": result}).encode())
    assert isinstance(event, CellFinished)
    assert event.result.error is not None
    assert event.result.error["message"] == told.format("<host>")


def test_a_lone_surrogate_becomes_a_question_mark_and_a_pair_of_them_a_character() -> None:
    line = rb'{"event": "fault", "message": "\ud800 and \ud83d\ude00"}'
    assert decode_runner_event(line) == MachineFault("? and \N{GRINNING FACE}")


@pytest.mark.parametrize("line", [b"", b"text", b"[]", b'{"event": "other"}', b'{"event": "cell"}'])
def test_any_other_line_of_a_runner_is_an_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode_runner_event(line)


@pytest.mark.parametrize("event", SESSION_EVENTS)
def test_a_session_event_is_read_as_it_was_written(event: SessionEvent) -> None:
    line = encode_session_event(event)
    assert "\n" not in line
    assert decode_session_event(line + "\n") == event


@pytest.mark.parametrize("event", SESSION_EVENTS)
def test_a_session_event_survives_the_way_through_a_dict(event: SessionEvent) -> None:
    assert session_event_from_dict(session_event_as_dict(event)) == event


def test_a_session_event_can_hold_any_text_and_its_line_is_ascii() -> None:
    line = encode_session_event(Unknown("caf\u00e9 \udcff\nand more"))
    assert line.isascii()
    assert decode_session_event(line) == Unknown("caf\u00e9 ?\nand more")


@pytest.mark.parametrize(
    "line",
    ["", "nox > Running session", "17", "[]", "{", '{"event": "stage"}', '{"event": "other"}',
     r'"\ud800"', r"\ud800 {", "\udcff"],
)  # fmt: skip
def test_a_line_that_another_program_has_printed_is_no_session_event(line: str) -> None:
    assert decode_session_event(line) is None
