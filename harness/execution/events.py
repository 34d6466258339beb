"""Events: what a runner reports about its cells, and what a session reports about its pair."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from harness.results.model import ExceptionRecord
from harness.results.signatures import Signature
from harness.util.escaping import json_without_lone_surrogates

# ---------------------------------------------------------------- of a runner, on standard output


class CellRecord(msgspec.Struct):
    """The outcome of a cell as the runner reports it.

    ``outcome`` is an outcome of a cell or of a script, or `BAD_CASE`. The runner gives no
    ``seconds`` for an unsupported cell. ``signal`` names the signal that ended the interpreter,
    where one did; ``status`` is the exit status that a script asked for.
    """

    outcome: str
    seconds: float = 0.0
    phase: str = ""
    note: str = ""
    error: ExceptionRecord | None = None
    signal: str = ""
    status: int = 0


#: The outcome that stands for a faulty case file; it is reported and never stored.
BAD_CASE = "bad-case"


class Ready(msgspec.Struct, tag="ready", tag_field="event"):
    """Keras has been imported."""


class ImportFailed(msgspec.Struct, tag="import-error", tag_field="event"):
    """Keras cannot be imported, so no cell can be run; ``died`` if the process died of it."""

    error: ExceptionRecord
    died: bool = False


class CellStarted(msgspec.Struct, tag="start", tag_field="event"):
    """The next cell has begun."""


class CellFinished(msgspec.Struct, tag="cell", tag_field="event"):
    """A cell has ended."""

    result: CellRecord


class MachineFault(msgspec.Struct, tag="fault", tag_field="event"):
    """Memory or disk has run out; no event follows.

    ``result`` is the outcome of the cell in which that happened, for the case that its own file is
    the reason and not the machine; None outside a cell.
    """

    message: str
    result: CellRecord | None = None


class Tick(msgspec.Struct, tag="tick", tag_field="event"):
    """The runner is still working; this event is made here and is no line of a runner."""


#: The events that the lines of a runner can hold.
RunnerEvent = Ready | ImportFailed | CellStarted | CellFinished | MachineFault
_runner_events: msgspec.json.Decoder[RunnerEvent] = msgspec.json.Decoder(RunnerEvent)
#: The name of the machine, which is in TensorFlow's message about an unknown operation.
_HOST = re.compile(rb'(?<=in binary running on )[^\s"\\<]+(?=\. )')


def decode_runner_event(line: bytes) -> RunnerEvent:
    """The event that a line of a runner holds; halves of surrogate pairs become question marks.

    The name of the machine is left out of it.

    Raises:
        ValueError: the line holds no event.
    """
    return _runner_events.decode(json_without_lone_surrogates(_HOST.sub(b"<host>", line)))


# ---------------------------------------------------------------- of a session, on standard output


class Stage(msgspec.Struct, tag="stage", tag_field="event"):
    """What the session is doing; ``left`` of ``cells`` cells are still to be run."""

    name: str
    left: int = 0
    cells: int = 0


class CellKnown(msgspec.Struct, tag="cell-known", tag_field="event"):
    """A cell has been run, and will not be run again to confirm its outcome."""

    case: str
    format: str
    signature: Signature


class BadCase(msgspec.Struct, tag="bad-case", tag_field="event"):
    """A case file is faulty; ``note`` names the file and the line."""

    note: str


class Unknown(msgspec.Struct, tag="unknown", tag_field="event"):
    """The reason why cells stay unknown, or why the pair has none."""

    reason: str


class Done(msgspec.Struct, tag="done", tag_field="event"):
    """The session has ended with this exit code."""

    code: int


SessionEvent = Stage | CellKnown | BadCase | Unknown | Done
_session_events: msgspec.json.Decoder[SessionEvent] = msgspec.json.Decoder(SessionEvent)


def encode_session_event(event: SessionEvent) -> str:
    """One line of ASCII for `decode_session_event`, which any terminal encoding can hold."""
    return json.dumps(msgspec.to_builtins(event))


def decode_session_event(line: str) -> SessionEvent | None:
    """The event that a line holds; None for a line that another program has printed."""
    try:
        return _session_events.decode(json_without_lone_surrogates(line.encode()))
    except ValueError:
        return None


def session_event_as_dict(event: SessionEvent) -> dict[str, Any]:
    """An event in a form that any serializer can send."""
    document: dict[str, Any] = msgspec.to_builtins(event)
    return document


def session_event_from_dict(document: dict[str, Any]) -> SessionEvent:
    """The event that `session_event_as_dict` made this of.

    Raises:
        ValueError: the document holds no event.
    """
    event: SessionEvent = msgspec.convert(document, SessionEvent)
    return event
