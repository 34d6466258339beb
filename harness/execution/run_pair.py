"""A probe: the cases of one pair, run once in its environment, each cell kept as it is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.environments.builder import Environment, EnvironmentBuilder, NoEnvironment
from harness.execution import cell_process as inside
from harness.execution.cases import SCRIPT, Case, Script
from harness.execution.cell_process import Wanted
from harness.execution.forkserver.pool import ProcessStarter, inherited_folder, process_starter
from harness.releases.catalogue import CATALOGUE
from harness.releases.pair_rules import Pair
from harness.results import store as results
from harness.results.store import Cell, Result, environment_key, pair_digest
from harness.util.errors import Fault
from harness.util.paths import RESULTS

#: Seconds between two writes of a result; what a kill can cost at most.
STORE_SECONDS = 1.0

#: How often a cell that a signal ended is run again, alone. TensorFlow 1.8.0 crashes in every tenth
#: cell of a long process, and in none of these when it is alone.
CRASH_RETRIES = 2

#: What the runner says of a case file that is wrong itself; it is told and never stored.
BAD_CASE = "bad-case"

OnEvent = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Request:
    """What is asked of a pair: cases in formats, each cell with a time limit.

    ``limit`` is in seconds of processor time. ``wheel`` is the TensorFlow package, None for the
    one of this machine; ``rerun`` asks for what is known, too; ``prune`` removes the environment
    in the end. ``folder`` is where results are stored, ``catalogue`` where releases are looked up.
    ``vary`` lets chance in: another hash seed each time, and a crash is not looked at again.
    ``fork_server`` allows processes to be forked from one that has TensorFlow.
    """

    cases: Sequence[Case]
    formats: Sequence[str]
    limit: float
    wheel: str | None = None
    rerun: bool = False
    prune: bool = False
    folder: Path = RESULTS
    catalogue: Path = CATALOGUE
    vary: bool = False
    fork_server: bool = True

    @property
    def cells(self) -> list[tuple[Case, str]]:
        """Every case in every format."""
        return [(case, name) for case in self.cases for name in self.formats]

    def unknown(self, result: Result) -> list[tuple[Case, str]]:
        """What has to be run, given what is stored."""
        if self.rerun:
            return self.cells
        return result.missing(self.cases, self.formats, self.limit, self.wheel)

    def arguments(self) -> list[str]:
        """The request as the options of a ``pair`` session."""
        options = [f"--timeout={self.limit:g}"]
        for case in self.cases:
            if isinstance(case, Script):
                options.append(f"--script={case.path}")
            else:
                options.append(f"--case={case.name}")
        options += [f"--format={name}" for name in self.formats if name != SCRIPT]
        if self.wheel:
            options.append(f"--wheel={self.wheel}")
        if self.folder != RESULTS:
            options.append(f"--results={self.folder}")
        if self.catalogue != CATALOGUE:
            options.append(f"--catalogue={self.catalogue}")
        options += ["--vary"] * self.vary + ["--no-fork-server"] * (not self.fork_server)
        return options + ["--rerun"] * self.rerun + ["--prune"] * self.prune


def run_pair(pair: Pair, builder: EnvironmentBuilder, request: Request, tell: OnEvent) -> Result:
    """Make known what is asked and not yet known of a pair, and return all of it.

    One probe of a pair at a time: whoever comes second waits, and finds it known.

    Raises:
        Fault: something outside the releases; what was finished before is stored.
    """
    folder = request.folder
    asked = results.read_or_empty(pair, folder)
    with results.lock(pair):
        result = results.read_or_empty(pair, folder)
        wanted: Wanted = _not_remade(request.unknown(result), asked, result)
        if not wanted:
            return result
        tell({"stage": "installing"})
        try:
            environment = builder.make(pair, request.wheel)
            wanted = _adopt(environment, result, request, wanted)
            _run_cells(environment, result, wanted, request, tell)
        except NoEnvironment as reason:
            if result.cells:
                raise Fault(str(reason)) from reason
            result.outcome, result.reason = reason.outcome, str(reason)
            result.environment = {"wheel": request.wheel} if request.wheel else {}
            result.digest = pair_digest()
            results.write(result, folder)
        finally:
            if request.prune:
                builder.remove(pair)
        return result


def _not_remade(wanted: Wanted, asked: Result, now: Result) -> list[tuple[Case, str]]:
    """Without the cells that another run made while this one waited for it."""
    return [
        (case, name)
        for case, name in wanted
        if (cell := now.cells.get((case.name, name))) is None
        or cell.digest != case.digest
        or cell == asked.cells.get(cell.key)
    ]


def _adopt(environment: Environment, result: Result, request: Request, wanted: Wanted) -> Wanted:
    """Take the environment's facts into the result; return what then has to be run.

    Cells that another environment made are of no use beside new ones, and are run again.

    Raises:
        Fault: some of these are not among the cells asked for, and would be lost.
    """
    if result.cells and environment_key(environment.facts) != result.environment_key:
        lost = result.cells.keys() - {(case.name, name) for case, name in request.cells}
        if lost:
            raise Fault(
                f"{result.pair.id} is known from another environment; run all of its cells, or "
                f"move its result file away ({len(lost)} cells would be lost)"
            )
        result.cells.clear()
        wanted = request.cells
    result.environment = {**result.environment, **environment.facts}
    result.outcome = result.reason = result.digest = ""
    return wanted


def _run_cells(
    environment: Environment, result: Result, wanted: Wanted, request: Request, tell: OnEvent
) -> None:
    """Run the cells, and those that crashed again, each in a process of its own.

    A crash can be the work of the cells before it, or of chance.
    """
    run = _Run(environment, result, request, tell, starter_for(request, environment))
    try:
        run.cells(wanted)
        for case, name in wanted:
            for _ in range(0 if request.vary else CRASH_RETRIES):
                if not _is_by_signal(result.cells.get((case.name, name))):
                    break
                run.cells([(case, name)])
    finally:
        if result.cells or result.outcome:
            results.write(result, request.folder)


def starter_for(request: Request, environment: Environment) -> ProcessStarter:
    """The way to start what is asked of an environment.

    A fork server has one hash seed, and reads from its base, which ``prune`` would remove.
    """
    may = request.fork_server and not request.vary and not request.prune
    return process_starter(environment, request.cases, inherited_folder() if may else None)


def _is_by_signal(cell: Cell | None) -> bool:
    return cell is not None and cell.outcome == "crash" and "signal" in cell.note


@dataclass
class _Run:
    """The processes of one probe, one after the other."""

    environment: Environment
    result: Result
    request: Request
    tell: OnEvent
    start: ProcessStarter
    seconds: float = 0.0
    stored: float = -STORE_SECONDS
    ready: bool = False

    def cells(self, wanted: Wanted) -> None:
        """Run processes until no cell is left; one that dies costs the cell it was at."""
        left = list(wanted)
        while left and not self.result.outcome:
            self.tell({"stage": "importing", "left": len(left), "cells": len(wanted)})
            started = time.monotonic()
            finished = self._process(left, len(wanted))
            self.seconds += time.monotonic() - started
            self.result.environment["inside_seconds"] = round(self.seconds, 1)
            left = left[finished:]

    def _process(self, left: Wanted, total: int) -> int:
        """Run one process of cells; return how many it came to the end of."""
        finished = 0
        changed = False
        limit, vary = self.request.limit, self.request.vary
        events = inside.run_cells(self.environment, left, limit, vary=vary, start=self.start)
        for event in events:
            self.result.environment["started"] = self.start.started
            if event["event"] == "import-error":
                _take_import_error(self.result, event["error"], self.ready)
                break
            self.ready = self.ready or event["event"] != "tick"
            if event["event"] == "cell":
                changed = True
                _take_cell(self.result, *left[finished], event["result"], limit, self.tell)
                finished += 1
                self.tell({"stage": "running", "left": len(left) - finished, "cells": total})
            if changed and time.monotonic() - self.stored > STORE_SECONDS:
                results.write(self.result, self.request.folder)
                self.stored, changed = time.monotonic(), False
        return finished


def _take_import_error(result: Result, error: Mapping[str, Any], ready: bool) -> None:
    told = f"{error['type']}: {error['message']}"
    if ready:
        raise Fault(f"the pair was imported before, and then was not: {told}")
    result.outcome, result.reason, result.digest = "import-error", told, pair_digest()


def cell_of(case: Case, name: str, told: Mapping[str, Any], limit: float) -> Cell:
    """The cell of what the runner told; ``limit`` is the one asked for, in seconds."""
    reached = case.limit(limit) if told["outcome"] == "timeout" else 0.0
    return Cell(case=case.name, format=name, digest=case.digest, limit=reached, **told)


def _take_cell(
    result: Result, case: Case, name: str, told: dict[str, Any], limit: float, tell: OnEvent
) -> None:
    if told["outcome"] == BAD_CASE:
        tell({"stage": BAD_CASE, "note": told["note"]})
        return
    cell = cell_of(case, name, told, limit)
    before = result.cells.get(cell.key)
    if (
        before
        and before.digest == cell.digest
        and _is_by_signal(before)
        and not _is_by_signal(cell)
    ):
        cell = replace(cell, flaky=before.error)
    result.cells[cell.key] = cell
