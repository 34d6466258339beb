"""Runs ``guest/ledger.py`` inside an environment, to make a ledger or to read others."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from harness.environments.builder import Environment
from harness.exchange.ledger.ledger import Failure, WrittenObject
from harness.execution.events import ImportFailed, MachineFault, Ready
from harness.execution.guest_process import IMPORT_LIMIT, guest_variables, scratch_folder
from harness.results.messages import normalise
from harness.util.errors import Fault
from harness.util.escaping import json_without_lone_surrogates, shortened
from harness.util.paths import LEDGER_PROGRAM, LOGS
from harness.util.processes import Child, ProcessLost, StartProcess, child_process

#: Seconds that making or reading one instance may take.
SILENCE = 60.0
#: Seconds that the process gets to end once it has closed its output, or was silent too long.
GRACE = 8.0
#: Characters of a message that are kept.
LONGEST_MESSAGE = 400


class FoundEntry(msgspec.Struct):
    """How a default instance of a class is serialized, and what the class accepts."""

    serialized: dict[str, Any]
    also_accepts: list[str]
    accepts_any: bool
    own_error: Failure | None


class ClassFound(msgspec.Struct, tag="class", tag_field="event"):
    """A built-in class with its entry, or with the reason why there is none."""

    kind: str
    name: str
    entry: FoundEntry | None = None
    not_made: Failure | None = None

    @property
    def full_name(self) -> str:
        """Kind and name, as ``layers.Dense``."""
        return f"{self.kind}.{self.name}"


class ReadFinished(msgspec.Struct, tag="read", tag_field="event"):
    """The next object has been read, or was refused with this exception.

    If ``exists`` is false, the release lacks its class and has not tried to read it.
    """

    exists: bool
    error: Failure | None


class LedgerDone(msgspec.Struct, tag="done", tag_field="event"):
    """Everything is done; no event follows."""


_Event = Ready | ImportFailed | MachineFault | ClassFound | ReadFinished | LedgerDone
_events: msgspec.json.Decoder[_Event] = msgspec.json.Decoder(_Event)


def run_ledger_program(
    environment: Environment,
    objects: Iterable[WrittenObject],
    *,
    make: bool,
    start: StartProcess = child_process,
) -> Iterator[ClassFound | ReadFinished]:
    """Run the program once: make the ledger if asked to, then read each of ``objects`` in turn.

    Raises:
        Fault: Keras cannot be imported, or the program did not get to its end.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    name = environment.folder.name
    with scratch_folder(f"{name}-ledger") as home, (LOGS / f"{name}.log").open("a") as log:
        work = home / "work.json"
        work.write_text(json.dumps(_work(environment, objects, make=make)), encoding="utf-8")
        command = [str(environment.python), "-s", "-B", str(LEDGER_PROGRAM), str(work)]
        last = "the import of Keras"
        with start(command, env=guest_variables(home), stderr=log) as child:
            for line in _lines(child):
                match _decode(line):
                    case LedgerDone():
                        return
                    case ClassFound() as found:
                        last = found.full_name
                        yield found
                    case ReadFinished() as answer:
                        last = "an object was read"
                        yield answer
            raise Fault(f"the process {_ending(child)} after {last}; see {log.name}")


def _decode(line: bytes) -> _Event:
    """The event of a line; messages are normalised and shortened.

    Raises:
        Fault: Keras cannot be imported, or the machine has run out of memory or disk.
    """
    event = _events.decode(json_without_lone_surrogates(line))
    match event:
        case ImportFailed(error):
            raise Fault(f"Keras cannot be imported: {error['type']}: {error['message']}")
        case MachineFault():
            raise Fault(event.message)
        case ClassFound(not_made=Failure() as failure):
            event.not_made = _short(failure)
        case ClassFound(entry=FoundEntry(own_error=Failure() as failure) as entry):
            entry.own_error = _short(failure)
        case ReadFinished(error=Failure() as failure):
            event.error = _short(failure)
    return event


def _work(
    environment: Environment, objects: Iterable[WrittenObject], *, make: bool
) -> dict[str, Any]:
    """The content of ``work.json``, as ``guest/ledger.py`` and the fork server read it."""
    read = []
    for written in objects:
        kind, _, name = written.name.partition(".")
        read.append({"kind": kind, "name": name, "serialized": written.serialized})
    return {"module": environment.module, "cells": [], "make": make, "read": read}


def _short(failure: Failure) -> Failure:
    return Failure(failure.type, shortened(normalise(failure.message), LONGEST_MESSAGE))


def _lines(child: Child) -> Iterator[bytes]:
    """The lines that a child writes, until its output ends or it has been silent for too long."""
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    buffer, patience = b"", IMPORT_LIMIT
    while select.select([descriptor], [], [], patience)[0]:
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        patience = SILENCE
        *lines, buffer = (buffer + chunk).split(b"\n")
        yield from lines


def _ending(child: Child) -> str:
    """How a child ended, in words."""
    try:
        code = child.wait(GRACE)
    except subprocess.TimeoutExpired:
        return "does not go on"
    except ProcessLost:
        return "was lost with its fork server"
    return f"was ended by signal {-code}" if code < 0 else f"exited with status {code}"
