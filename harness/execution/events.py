"""Events: what a runner reports about its cells, and what a session reports about its pair."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.results.model import ExceptionRecord
from harness.util.escaping import json_without_lone_surrogates

# ---------------------------------------------------------------- of a runner, on standard output


class CellRecord(msgspec.Struct):
    """The outcome of a cell as the runner reports it.

    ``outcome`` is one of a cell's or a script's outcomes, or `BAD_CASE`. ``signal`` names the
    signal that ended the interpreter, where one did.
    """

    outcome: str
    seconds: float = 0.0
    phase: str = ""
    note: str = ""
    error: ExceptionRecord | None = None
    signal: str = ""


#: The outcome of a case file that is wrong itself; it is reported and never stored.
BAD_CASE = "bad-case"


class Ready(msgspec.Struct, tag="ready", tag_field="event"):
    """Keras is imported."""


class ImportFailed(msgspec.Struct, tag="import-error", tag_field="event"):
    """Keras cannot be imported, and no cell can be run."""

    error: ExceptionRecord


class CellStarted(msgspec.Struct, tag="start", tag_field="event"):
    """The next cell begins."""


class CellFinished(msgspec.Struct, tag="cell", tag_field="event"):
    """A cell has come to its end."""

    result: CellRecord


class MachineFault(msgspec.Struct, tag="fault", tag_field="event"):
    """The machine is short of memory or disk; nothing follows."""

    message: str


class Tick(msgspec.Struct, tag="tick", tag_field="event"):
    """The runner is still at work."""


#: What the lines of a runner can be.
RunnerEvent = Ready | ImportFailed | CellStarted | CellFinished | MachineFault
_runner_events: msgspec.json.Decoder[RunnerEvent] = msgspec.json.Decoder(RunnerEvent)


def decode_runner_event(line: bytes) -> RunnerEvent:
    """Read one line of a runner."""
    return _runner_events.decode(json_without_lone_surrogates(line))


# ---------------------------------------------------------------- of a session, to who started it


class Stage(msgspec.Struct, tag="stage", tag_field="event"):
    """What the session is working at; ``left`` of ``cells`` cells are still to be run."""

    name: str
    left: int = 0
    cells: int = 0


class BadCase(msgspec.Struct, tag="bad-case", tag_field="event"):
    """A case file that is wrong itself: ``note`` names the file and the line."""

    note: str


class Unknown(msgspec.Struct, tag="unknown", tag_field="event"):
    """Why cells stay unknown, or why there are none."""

    reason: str


class Done(msgspec.Struct, tag="done", tag_field="event"):
    """The session has ended with this exit code."""

    code: int


SessionEvent = Stage | BadCase | Unknown | Done
_session_events: msgspec.json.Decoder[SessionEvent] = msgspec.json.Decoder(SessionEvent)


def encode_session_event(event: SessionEvent) -> str:
    """One line for `decode_session_event`."""
    return msgspec.json.encode(event).decode()


def decode_session_event(line: str | bytes) -> SessionEvent | None:
    """The event that a line holds; None for a line that something else has printed."""
    try:
        return _session_events.decode(line)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None


def session_event_as_dict(event: SessionEvent) -> dict[str, Any]:
    """An event in a form that any serializer can send."""
    built: dict[str, Any] = msgspec.to_builtins(event)
    return built


def session_event_from_dict(document: dict[str, Any]) -> SessionEvent:
    """The event that `session_event_as_dict` made this of."""
    event: SessionEvent = msgspec.convert(document, SessionEvent)
    return event
