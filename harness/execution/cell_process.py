"""One process of the runner inside an environment, and its events cell by cell."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from harness.environments.builder import Environment
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
from harness.execution.request import CellRequest
from harness.execution.surroundings import IMPORT_LIMIT, surroundings
from harness.results.model import SCRIPT
from harness.util.errors import Fault
from harness.util.paths import GUEST, LOGS, RUNNER, SCRATCH, SCRIPT_RUNNER
from harness.util.processes import Child, ProcessLost, StartProcess, child_process

#: Seconds of the clock that a cell may take for each second of processor time in its limit.
PATIENCE = 4.0
#: Seconds between the end of a cell's patience and the moment its process is killed from outside.
#: The runner interrupts the cell first, and ends itself a few seconds later where it cannot.
GRACE = 8.0
#: Seconds between two `Tick` events.
TICK = 1.0

#: Signals that a release does not send itself: a person, or the kernel short of memory, sent them.
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_STACK_LINE = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')


def run_cells(
    environment: Environment,
    cells: Sequence[CellRequest],
    limit: float,
    *,
    overlay: Path | None = None,
    vary: bool = False,
    start: StartProcess = child_process,
) -> Iterator[Tick | Ready | ImportFailed | CellFinished]:
    """Run cells in one process and yield its events; a script is the only cell of its process.

    ``limit`` is the time limit of a cell in seconds. ``overlay`` is a folder whose packages hide
    those of the environment, ``vary`` takes another hash seed each time, and ``start`` starts the
    process.

    `Tick` comes at least every `TICK` seconds. `Ready` or `ImportFailed` comes first, then a
    `CellFinished` for each cell in turn. A cell that hangs or crashes is the last one; the cells
    after it need another process. They also do where the event stream just ends, because whoever
    started the process has lost it.

    Raises:
        Fault: the process ended for a reason outside the releases.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    name = environment.folder.name
    with _scratch(name) as home, (LOGS / f"{name}.log").open("a") as log:
        work, stacks = home / "work.json", home / "stacks.txt"
        work.write_text(json.dumps(_work(environment, cells, limit, stacks)))
        program = SCRIPT_RUNNER if cells[0].format == SCRIPT else RUNNER
        command = [str(environment.python), "-s", "-B", str(program), str(work)]
        progress = _Progress(cells, limit)
        with start(command, env=surroundings(home, overlay, vary=vary), stderr=log) as child:
            for event in _events(child, limit):
                progress.advance(event)
                if not isinstance(event, CellStarted | MachineFault):
                    yield event
                if progress.is_over:
                    return  # how the process ends does not matter any more
            try:
                ending = _ending(child)
            except ProcessLost:
                return
        stack = stacks.read_text(errors="replace") if stacks.exists() else ""
        yield progress.conclude(ending, stack)


def _work(
    environment: Environment, cells: Sequence[CellRequest], limit: float, stacks: Path
) -> dict[str, Any]:
    """The content of ``work.json``, as ``guest/runner.py`` reads it."""
    return {
        "module": environment.module,
        "cells": [
            {
                "case": case.name,
                "path": str(case.path),
                "format": name,
                "limit": case.limit(limit),
                "patience": case.limit(limit) * PATIENCE,
            }
            for case, name in cells
        ],
        "stacks": str(stacks),
    }


@contextmanager
def _scratch(name: str) -> Iterator[Path]:
    """An empty folder for one process; its place is fixed, so that a killed run leaves none."""
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _events(child: Child, limit: float) -> Iterator[RunnerEvent | Tick]:
    """The events of the runner until it ends, or is silent for longer than it may be."""
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    buffer = b""
    patience = IMPORT_LIMIT
    heard = time.monotonic()
    while time.monotonic() - heard < patience:
        if not select.select([descriptor], [], [], TICK)[0]:
            yield Tick()
            continue
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        heard, patience = time.monotonic(), limit * PATIENCE + GRACE
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            yield decode_runner_event(line)


# ---------------------------------------------------------------- how a process ends


@dataclass(frozen=True)
class Ending:
    """How a process ended: its exit code as `subprocess` gives it, and whether we killed it."""

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
        """Whether a person or the system killed the process."""
        return not self.killed_here and -self.code in _FROM_OUTSIDE

    def __str__(self) -> str:
        if self.signal:
            return f"ended by signal {self.signal}"
        return f"the interpreter exited with status {self.code}"


def _ending(child: Child) -> Ending:
    """Wait a moment for the child to end by itself, and kill it if it does not.

    Raises:
        ProcessLost: nobody can say how it ended.
    """
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return Ending(child.returncode, killed_here=True)
    return Ending(child.returncode)


# ---------------------------------------------------------------- how far a process has come


class _State(Enum):
    IMPORTING = auto()
    BETWEEN_CELLS = auto()
    IN_CELL = auto()
    OVER = auto()


@dataclass
class _Progress:
    """How far a process has come with its cells."""

    cells: Sequence[CellRequest]
    limit: float
    state: _State = _State.IMPORTING
    finished: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected of the process."""
        return self.state is _State.OVER

    def advance(self, event: RunnerEvent | Tick) -> None:
        """Follow one event.

        Raises:
            Fault: the machine is at fault.
        """
        match event:
            case MachineFault(message):
                raise Fault(message)
            case ImportFailed():
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
        """What the end of a process means that still had cells to run.

        ``stack`` is what faulthandler has written of it.

        Raises:
            Fault: it ended for a reason outside the releases.
        """
        if ending.is_from_outside:
            raise Fault(str(ending))
        match self.state:
            case _State.IN_CELL:
                limit = self.cells[self.finished].case.limit(self.limit)
                return CellFinished(_record(ending, stack, limit))
            case _State.BETWEEN_CELLS:
                raise Fault(f"{ending} between two cells")
        if ending.killed_here:
            raise Fault(f"importing Keras took more than {IMPORT_LIMIT:.0f} s")
        return ImportFailed({"type": "Crash", "message": str(ending), "frames": []})


def _record(ending: Ending, stack: str, limit: float) -> CellRecord:
    """The cell that a process ended in: a hang that could not be interrupted, or a crash."""
    if ending.killed_here or stack.startswith("Timeout"):
        return CellRecord(
            "timeout",
            limit,
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
    )


def _frames(stack: str) -> list[list[Any]]:
    """The main thread's frames of a faulthandler dump, outermost first, without absolute paths."""
    frames = []
    for line in stack.rpartition("\n\n")[2].splitlines():
        match = _STACK_LINE.match(line)
        if match is None or Path(match["file"]).parent == GUEST:
            continue
        _, installed, inside = match["file"].rpartition("site-packages/")
        module = inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        name = module if installed else Path(inside).stem
        frames.append([name, match["function"], int(match["line"])])
    return frames[::-1]
