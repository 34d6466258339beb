"""A probe: the cases of one pair, run once in its environment, each cell kept as it is made."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from harness import results
from harness.cases import Case
from harness.environments import Builder, Environment, NoEnvironment
from harness.errors import Fault
from harness.pairs import Pair
from harness.paths import LOCKS, LOGS, RESULTS, RUNNER, SCRATCH
from harness.processes import running
from harness.results import Cell, DamagedResult, Result

#: Seconds for importing Keras and TensorFlow, from a cold disk.
IMPORT_LIMIT = 300.0
#: Seconds between the runner's own time limit and the moment it is killed from outside.
GRACE = 5.0

#: Seconds between two writes of a result; what a kill can cost at most.
STORE_SECONDS = 1.0

#: What the runner says of a case file that is wrong itself; it is told and never stored.
BAD_CASE = "bad-case"

Wanted = Sequence[tuple[Case, str]]
Tell = Callable[[dict[str, Any]], None]

_STACK_LINE = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')


def probe_pair(
    pair: Pair,
    builder: Builder,
    cases: Sequence[Case],
    formats: Sequence[str],
    *,
    limit: float,
    wheel: str | None,
    rerun: bool,
    prune: bool,
    tell: Tell,
    folder: Path = RESULTS,
) -> Result:
    """Make known what is not yet known of a pair, and return all of it.

    One probe of a pair at a time: whoever comes second waits, and finds it known. Every cell is
    stored as it is made.

    Raises:
        Fault: something outside the releases; what was finished before is stored.
    """
    LOCKS.mkdir(parents=True, exist_ok=True)
    asked_at = time.time()
    with FileLock(LOCKS / f"{pair.id}.lock"):
        result = _stored(pair, folder) or Result(pair)
        just_made = rerun and _modified(pair, folder) > asked_at
        wanted = (
            [(case, name) for case in cases for name in formats]
            if rerun and not just_made
            else result.missing(cases, formats, limit, wheel)
        )
        if not wanted:
            return result
        tell({"stage": "installing"})
        try:
            environment = builder.make(pair, wheel)
        except NoEnvironment as reason:
            if not result.cells:
                result.outcome, result.reason = reason.outcome, str(reason)
                results.write(result, folder)
                return result
            raise Fault(str(reason)) from reason
        if _without_times(environment.facts) != _without_times(result.environment):
            result.cells.clear()  # another environment made them
            wanted = [(case, name) for case in cases for name in formats]
        result.environment = {**result.environment, **environment.facts}
        result.outcome = result.reason = ""
        try:
            _run_cells(environment, result, wanted, limit, tell, folder)
        finally:
            if prune:
                builder.remove(pair)
        return result


def _without_times(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if not key.endswith("_seconds")}


def _stored(pair: Pair, folder: Path) -> Result | None:
    try:
        return results.read_pair(pair, folder)
    except DamagedResult:
        return None  # whoever planned the probe has named it


def _modified(pair: Pair, folder: Path) -> float:
    path = results.path_of(pair, folder)
    return path.stat().st_mtime if path.exists() else 0.0


def _run_cells(
    environment: Environment, result: Result, wanted: Wanted, limit: float, tell: Tell, folder: Path
) -> None:
    """Run processes of cells until none is left; a process that dies costs the cell it was at."""
    left = list(wanted)
    inside = 0.0
    stored = -STORE_SECONDS
    while left:
        tell({"stage": "importing", "left": len(left), "cells": len(wanted)})
        started = time.monotonic()
        finished = 0
        for event in _events(environment, left, limit):
            if event["event"] == "import-error":
                result.outcome = "import-error"
                error = event["error"]
                result.reason = f"{error['type']}: {error['message']}"
                break
            case, name = left[finished]
            finished += 1
            if event["result"]["outcome"] == BAD_CASE:
                tell({"stage": BAD_CASE, "note": event["result"]["note"]})
                continue
            result.cells[(case.name, name)] = _cell(case, name, limit, event["result"])
            if time.monotonic() - stored > STORE_SECONDS:
                results.write(result, folder)
                stored = time.monotonic()
            tell({"stage": "running", "left": len(left) - finished, "cells": len(wanted)})
        inside += time.monotonic() - started
        result.environment["inside_seconds"] = round(inside, 1)
        results.write(result, folder)
        if result.outcome:
            return
        left = left[finished:]


def _cell(case: Case, name: str, limit: float, outcome: dict[str, Any]) -> Cell:
    reached = case.limit(limit) if outcome["outcome"] == "timeout" else 0.0
    return Cell(case=case.name, format=name, digest=case.digest, limit=reached, **outcome)


def _events(environment: Environment, cells: Wanted, limit: float) -> Iterator[dict[str, Any]]:
    """What one process of the runner tells: ``cell`` events, the last one perhaps told for it.

    Raises:
        Fault: the process ended before Keras was imported, and not through an exception.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    name = environment.folder.name
    with _scratch(name) as home, (LOGS / f"{name}.log").open("w") as log:
        work, stacks = home / "work.json", home / "stacks.txt"
        work.write_text(json.dumps({
            "module": environment.module,
            "cells": [
                {"case": case.name, "path": str(case.path), "format": name,
                 "limit": case.limit(limit)}
                for case, name in cells
            ],
            "stacks": str(stacks),
        }))  # fmt: skip
        command = [str(environment.python), "-s", "-B", str(RUNNER), str(work)]
        with running(command, env=_inside_environment(home), stderr=log) as child:
            current: dict[str, Any] | None = None
            ready = False
            told = 0
            for event in _lines(child, limit):
                ready = ready or event["event"] in ("ready", "import-error")
                current = event if event["event"] == "start" else None
                if event["event"] in ("cell", "import-error"):
                    told += 1
                    yield event
                    if event["event"] == "import-error":
                        return
            if child.poll() is None and current is None and not ready:
                raise Fault(f"importing Keras took more than {IMPORT_LIMIT:.0f} s")
            hung = _wait(child)
            stack = stacks.read_text(errors="replace") if stacks.exists() else ""
        log.flush()
        if not ready:
            yield {"event": "import-error", "error": {
                "type": "Crash", "message": _ending(child.returncode)}}  # fmt: skip
        elif current is not None:
            reached = cells[told][0].limit(limit)
            yield {"event": "cell", "result": _ended(child.returncode, hung, stack, reached)}


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


def _lines(child: subprocess.Popen[str], limit: float) -> Iterator[dict[str, Any]]:
    """The runner's events until it ends or is silent for longer than it may be."""
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    buffer = b""
    patience = IMPORT_LIMIT
    while select.select([descriptor], [], [], patience)[0]:
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        patience = limit + GRACE
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


def _wait(child: subprocess.Popen[str]) -> bool:
    """Wait a moment for the child to end by itself; return whether it had to be killed."""
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return True
    return False


def _ended(code: int, hung: bool, stack: str, limit: float) -> dict[str, Any]:
    """The cell that a process ended in: a hang at the time limit, or a crash."""
    if hung or stack.startswith("Timeout"):
        return {
            "outcome": "timeout",
            "note": f"no end after {limit:g} s",
            "seconds": limit,
            "error": {"type": "Timeout", "message": "", "frames": _frames(stack)},
        }
    return {
        "outcome": "crash",
        "note": _ending(code),
        "seconds": 0.0,
        "error": {"type": "Crash", "message": _ending(code), "frames": []},
    }


def _ending(code: int) -> str:
    if code < 0:
        return f"ended by signal {signal.Signals(-code).name}"
    return f"the interpreter exited with status {code}"


def _frames(stack: str) -> list[list[Any]]:
    """The main thread's frames of a faulthandler dump, outermost first, without absolute paths."""
    frames = []
    for line in stack.rpartition("\n\n")[2].splitlines():
        match = _STACK_LINE.match(line)
        if match is None or match["file"] == str(RUNNER):
            continue
        _, installed, inside = match["file"].rpartition("site-packages/")
        module = inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        name = module if installed else Path(inside).stem
        frames.append([name, match["function"], int(match["line"])])
    return frames[::-1]


def _inside_environment(home: Path) -> dict[str, str]:
    """What a runner sees: one thread, a home of its own, nothing of the user's Python settings."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") or key.startswith("OPENBLAS_")
    }
    return {
        **kept,
        "HOME": str(home),
        "KERAS_HOME": str(home / "keras"),
        "KERAS_BACKEND": "tensorflow",
        "TMPDIR": str(home),
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONIOENCODING": "utf-8",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
