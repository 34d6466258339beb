"""One process of the runner inside an environment: its events, and how it ended."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from harness.environments.builder import Environment
from harness.execution.case_faults import judged
from harness.execution.events import (
    CellFinished,
    CellRecord,
    CellStarted,
    ImportFailed,
    MachineFault,
    Ready,
    RunnerEvent,
    Tick,
    decode_runner_event,
)
from harness.execution.guest_process import IMPORT_LIMIT, guest_variables, scratch_folder
from harness.execution.request import CellRequest
from harness.results.model import SCRIPT, Cell
from harness.util.errors import Fault
from harness.util.paths import GUEST, LOGS, READER, RUNNER, SCRIPT_RUNNER, TRACER
from harness.util.processes import Child, ProcessLost, StartProcess, child_process

#: Seconds by the clock that a cell may take for each second of processor time in its limit.
PATIENCE = 4.0
#: Seconds after a cell's patience in which the runner interrupts the cell, or ends itself where
#: that does not help; and seconds that a process then gets to end before it is killed.
GRACE = 8.0
#: Seconds between two `Tick` events.
TICK = 1.0

#: Signals that no release sends to itself: they come from a person, or from the kernel when memory
#: runs out.
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_STACK_LINE = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')


class ImportTimeout(Fault):
    """Keras was not imported in time, for which a slow disk is the likeliest reason."""


class CellKilled(Fault):
    """A person or the operating system ended the process in a cell, perhaps for its memory."""


def run_cells(
    environment: Environment,
    cells: Sequence[CellRequest],
    limit: float,
    *,
    overlay: Path | None = None,
    keep: Path | None = None,
    trace: Path | None = None,
    vary: bool = False,
    import_limit: float = IMPORT_LIMIT,
    start: StartProcess = child_process,
    number: int = 1,
) -> Iterator[Tick | Ready | ImportFailed | CellFinished | MachineFault]:
    """Run cells in one process and yield its events; a script is the only cell of its process.

    ``limit`` is the time limit of a cell in seconds of processor time. ``overlay`` is a folder
    whose packages hide those of the environment, ``keep`` a folder for what the cells save, and
    ``trace`` a file for the functions of the overlay that are called. ``vary`` gives the process a
    random hash seed. ``import_limit`` is how many seconds the import of Keras may take, and
    ``start`` starts the process. Processes that run at the same time in this environment must have
    different ``number``s.

    `Ready` or `ImportFailed` comes first, then a `CellFinished` for each cell in turn, and a `Tick`
    after each `TICK` seconds of silence. A cell that hangs or crashes is the last one; so is a cell
    in which memory or disk run out, for which a `MachineFault` comes. The cells after it need
    another process. If the events end before the last cell without any of these, the fork server
    that started the process is gone, and the cells that are left need another process, too.

    Raises:
        ImportTimeout: importing Keras took longer than ``import_limit``.
        CellKilled: the process was killed from outside in a cell.
        Fault: the process ended for another reason outside the releases.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    name = environment.folder.name + (f"-{number}" if number > 1 else "")
    with scratch_folder(name) as home, (LOGS / f"{name}.log").open("a") as log:
        work, stacks = home / "work.json", home / "stacks.txt"
        work.write_text(json.dumps(_work(environment, cells, limit, stacks, keep, trace)))
        program = TRACER if trace else _program(cells[0])
        command = [str(environment.python), "-s", "-B", str(program), str(work)]
        progress = _Progress(cells, limit, import_limit)
        with start(command, env=guest_variables(home, overlay, vary=vary), stderr=log) as child:
            for event in _events(child, limit, import_limit):
                progress.advance(event)
                match event:
                    case CellFinished(record):
                        case = cells[progress.finished - 1].case
                        yield CellFinished(judged(record, case))
                    case Tick() | Ready() | ImportFailed() | MachineFault():
                        yield event
                if progress.is_over:
                    return  # it does not matter how the process ends
            try:
                ending = _ending(child)
            except ProcessLost:
                return
        stack = stacks.read_text(errors="replace") if stacks.exists() else ""
        yield progress.conclude(ending, stack)


def _program(cell: CellRequest) -> Path:
    """The program that runs a cell, and others like it."""
    if cell.saved:
        return READER
    return SCRIPT_RUNNER if cell.format == SCRIPT else RUNNER


def _work(
    environment: Environment,
    cells: Sequence[CellRequest],
    limit: float,
    stacks: Path,
    keep: Path | None,
    trace: Path | None,
) -> dict[str, Any]:
    """The content of ``work.json``, as ``guest/runner.py`` reads it."""
    return {
        "module": environment.module,
        "cells": [
            {
                "case": cell.case.name,
                "path": str(cell.case.path),
                "format": cell.format,
                "limit": cell.case.limit(limit),
                "patience": cell.case.limit(limit) * PATIENCE,
                "keep": str(keep / cell.case.name / cell.format) if keep else "",
                "saved": str(cell.saved or ""),
            }
            for cell in cells
        ],
        "stacks": str(stacks),
        "trace": str(trace or ""),
    }


def _events(child: Child, limit: float, import_limit: float) -> Iterator[RunnerEvent | Tick]:
    """The events of the runner until its output ends or it has been silent for too long."""
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    buffer = b""
    patience = import_limit
    last_heard = time.monotonic()
    while True:
        if not select.select([descriptor], [], [], TICK)[0]:
            if time.monotonic() - last_heard >= patience:
                return
            yield Tick()
            continue
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        last_heard, patience = time.monotonic(), limit * PATIENCE + GRACE
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            yield decode_runner_event(line)


# ---------------------------------------------------------------- how a process ends


@dataclass(frozen=True)
class Ending:
    """How a process ended: its exit code as in `subprocess`, and whether it was killed here."""

    code: int
    killed_here: bool = False

    @property
    def signal(self) -> str:
        """The name of the signal that ended the process; empty where it exited by itself."""
        if self.code >= 0:
            return ""
        names = {number.value: number.name for number in signal.Signals}
        return names.get(-self.code, str(-self.code))

    @property
    def is_from_outside(self) -> bool:
        """Whether a person or the operating system killed the process."""
        return not self.killed_here and -self.code in _FROM_OUTSIDE

    def __str__(self) -> str:
        if self.signal:
            return f"ended by signal {self.signal}"
        return f"the interpreter exited with status {self.code}"


def _ending(child: Child) -> Ending:
    """Give the child `GRACE` seconds to end by itself, then kill it.

    Raises:
        ProcessLost: how it ended cannot be known.
    """
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return Ending(child.returncode, killed_here=True)
    return Ending(child.returncode)


# ---------------------------------------------------------------- how far a process got


class _State(Enum):
    IMPORTING = auto()
    BETWEEN_CELLS = auto()
    IN_CELL = auto()
    OVER = auto()


@dataclass
class _Progress:
    """How far a process has got with its cells."""

    cells: Sequence[CellRequest]
    limit: float
    import_limit: float = IMPORT_LIMIT
    state: _State = _State.IMPORTING
    finished: int = 0

    @property
    def is_over(self) -> bool:
        """Whether no more events are expected of the process."""
        return self.state is _State.OVER

    def advance(self, event: RunnerEvent | Tick) -> None:
        """Update the state with an event.

        Raises:
            Fault: memory or disk has run out where no cell can be the reason.
        """
        match event:
            case MachineFault(message, result=None):
                raise Fault(message)
            case ImportFailed() | MachineFault():
                self.state = _State.OVER
            case CellStarted():
                self.state = _State.IN_CELL
            case Ready():
                self.state = _State.BETWEEN_CELLS
            case CellFinished():
                self.finished += 1
                is_last = self.finished == len(self.cells)
                self.state = _State.OVER if is_last else _State.BETWEEN_CELLS

    def conclude(self, ending: Ending, stack: str) -> CellFinished | ImportFailed:
        """The last event of a process that ended with cells still to run.

        ``stack`` is what faulthandler wrote before the end; it may be empty.

        Raises:
            ImportTimeout: it was killed before Keras was imported.
            CellKilled: it was killed from outside in a cell.
            Fault: it ended for another reason outside the releases.
        """
        if ending.is_from_outside:
            raise CellKilled(str(ending)) if self.state is _State.IN_CELL else Fault(str(ending))
        match self.state:
            case _State.IN_CELL:
                limit = self.cells[self.finished].case.limit(self.limit)
                return CellFinished(_record(ending, stack, limit))
            case _State.BETWEEN_CELLS:
                raise Fault(f"{ending} between two cells")
        if ending.killed_here:
            raise ImportTimeout(f"importing Keras took more than {self.import_limit:.0f} s")
        return ImportFailed({"type": "Crash", "message": str(ending), "frames": []}, died=True)


def _record(ending: Ending, stack: str, limit: float) -> CellRecord:
    """The record of the cell that ended its process: an uninterruptible hang, or a crash."""
    if ending.killed_here or stack.startswith("Timeout"):
        return CellRecord(
            "timeout",
            limit * PATIENCE,
            error={
                "type": "Timeout",
                "message": f"no end after {limit:g} s",
                "frames": _frames(stack),
            },
        )
    message = str(ending)
    return CellRecord(
        "crash",
        0.0,
        note=message,
        error={"type": "Crash", "message": message, "frames": []},
        signal=ending.signal,
        status=max(ending.code, 0),
    )


def ended_by_clock(cell: Cell) -> bool:
    """Whether a cell took too long by the clock, without using its processor time.

    It waits for something; or the machine was busy, or the process was stopped for a while.
    """
    return cell.outcome == "timeout" and cell.seconds >= cell.limit * PATIENCE - 0.1


def _frames(stack: str) -> list[list[Any]]:
    """The main thread's frames of a faulthandler dump, outermost first, without absolute paths."""
    frames = []
    for line in stack.rpartition("\n\n")[2].splitlines():
        match = _STACK_LINE.match(line)
        if match is None or GUEST in Path(match["file"]).parents:
            continue
        _, is_installed, relative_path = match["file"].rpartition("site-packages/")
        module = relative_path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        name = module if is_installed else Path(relative_path).stem
        frames.append([name, match["function"], int(match["line"])])
    return frames[::-1]
