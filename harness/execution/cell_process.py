"""Inside an environment: one process of the runner, and what it tells cell by cell."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.environments.builder import Environment
from harness.execution.cases import SCRIPT, Case
from harness.util.errors import Fault
from harness.util.paths import GUEST, LOGS, RUNNER, SCRATCH, SCRIPT_RUNNER
from harness.util.processes import Child, ProcessLost, StartProcess, child_process

#: Seconds for importing Keras and TensorFlow, from a cold disk.
IMPORT_LIMIT = 300.0
#: Seconds of the clock that a cell may take for each second of processor time in its limit.
PATIENCE = 4.0
#: Seconds between the end of a cell's patience and the moment its process is killed from outside;
#: the runner interrupts the cell first, and ends itself a few seconds later where it cannot.
GRACE = 8.0
#: Seconds between two ``tick`` events.
TICK = 1.0

#: Signals that a release does not send itself: somebody, or the kernel short of memory, did.
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_STACK_LINE = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')

Wanted = Sequence[tuple[Case, str]]


def run_cells(
    environment: Environment,
    cells: Wanted,
    limit: float,
    *,
    overlay: Path | None = None,
    vary: bool = False,
    start: StartProcess = child_process,
) -> Iterator[dict[str, Any]]:
    """Run cells in one process, and yield what it tells; a script is the only cell of its process.

    ``overlay`` is a folder whose packages hide those of the environment; ``vary`` takes another
    hash seed each time; ``start`` is the way to start the process.

    ``tick`` at least every `TICK` seconds, ``ready`` once Keras is imported or ``import-error``,
    then a ``cell`` with its ``result`` for each cell in turn. A cell that hangs or crashes is the
    last one told; whatever comes after it needs another process. So does all that is not told where
    whoever started the process is lost.

    Raises:
        Fault: the process ended for a reason outside the releases.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    name = environment.folder.name
    with _scratch(name) as home, (LOGS / f"{name}.log").open("a") as log:
        work, stacks = home / "work.json", home / "stacks.txt"
        work.write_text(json.dumps(_work(environment, cells, limit, stacks)))
        program = SCRIPT_RUNNER if cells[0][1] == SCRIPT else RUNNER
        command = [str(environment.python), "-s", "-B", str(program), str(work)]
        env = surroundings(home, overlay, vary=vary)
        with start(command, env=env, stderr=log) as child:
            told, at_cell, ready = 0, False, False
            for event in _lines(child, limit):
                kind = event["event"]
                if kind == "fault":
                    raise Fault(event["message"])
                ready = ready or kind == "ready"
                at_cell = kind == "start" or (at_cell and kind == "tick")
                told += kind == "cell"
                if kind != "start":
                    yield event
                if kind == "import-error" or told == len(cells):
                    return  # how it ends does not matter any more
            try:
                killed_here = _wait(child)
            except ProcessLost:
                return
        if not killed_here and -child.returncode in _FROM_OUTSIDE:
            raise Fault(_ending(child.returncode))
        if at_cell:
            reached = cells[told][0].limit(limit)
            stack = stacks.read_text(errors="replace") if stacks.exists() else ""
            yield {
                "event": "cell",
                "result": _ended(child.returncode, killed_here, stack, reached),
            }
        elif ready:
            raise Fault(f"{_ending(child.returncode)} between two cells")
        elif killed_here:
            raise Fault(f"importing Keras took more than {IMPORT_LIMIT:.0f} s")
        else:
            error = {"type": "Crash", "message": _ending(child.returncode)}
            yield {"event": "import-error", "error": error}


def _work(environment: Environment, cells: Wanted, limit: float, stacks: Path) -> dict[str, Any]:
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


def _lines(child: Child, limit: float) -> Iterator[dict[str, Any]]:
    """The runner's events until it ends or is silent for longer than it may be."""
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    buffer = b""
    patience = IMPORT_LIMIT
    heard = time.monotonic()
    while time.monotonic() - heard < patience:
        if not select.select([descriptor], [], [], TICK)[0]:
            yield {"event": "tick"}
            continue
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        heard, patience = time.monotonic(), limit * PATIENCE + GRACE
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


def _wait(child: Child) -> bool:
    """Wait a moment for the child to end by itself; return whether it had to be killed."""
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return True
    return False


def _ended(code: int, killed_here: bool, stack: str, limit: float) -> dict[str, Any]:
    """The cell that a process ended in: a hang that could not be interrupted, or a crash."""
    if killed_here or stack.startswith("Timeout"):
        error = {
            "type": "Timeout",
            "message": f"no end after {limit:g} s",
            "frames": _frames(stack),
        }
        return {"outcome": "timeout", "seconds": limit, "error": error}
    error = {"type": "Crash", "message": _ending(code), "frames": []}
    return {"outcome": "crash", "note": _ending(code), "seconds": 0.0, "error": error}


def _ending(code: int) -> str:
    if code < 0:
        known = {each.value: each.name for each in signal.Signals}
        return f"ended by signal {known.get(-code, -code)}"
    return f"the interpreter exited with status {code}"


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


def surroundings(
    home: Path, overlay: Path | None = None, *, vary: bool = False
) -> Mapping[str, str]:
    """What a runner sees: one thread, a home of its own, nothing of the user's Python settings."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") or key.startswith("OPENBLAS_")
    }
    return {
        **kept,
        **({"PYTHONPATH": str(overlay)} if overlay else {}),
        "HOME": str(home),
        "KERAS_HOME": str(home / "keras"),
        "KERAS_BACKEND": "tensorflow",
        "TMPDIR": str(home),
        "PYTHONHASHSEED": "random" if vary else "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONIOENCODING": "utf-8",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
