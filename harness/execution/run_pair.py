"""Runs the cases of one pair in its environment, and keeps each cell as soon as it is made.

What is stored is read; what is missing is decided; the environment is made; processes are started;
they run the cells; the result is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.execution.cell_process import run_cells
from harness.execution.digests import pair_digest
from harness.execution.events import (
    BAD_CASE,
    BadCase,
    CellFinished,
    CellRecord,
    ImportFailed,
    SessionEvent,
    Stage,
    Tick,
)
from harness.execution.forkserver.pool import ProcessStarter, inherited_folder, process_starter
from harness.execution.request import CellRequest, Request
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Cell, ExceptionRecord, Result, environment_key
from harness.util.errors import Fault

#: Seconds between two writes of a result: how much work a kill can cost at most.
STORE_SECONDS = 1.0

#: How often a cell that a signal ended is run again, alone. TensorFlow 1.8.0 crashes in every tenth
#: cell of a long process, and in none of these when it is alone.
CRASH_RETRIES = 2

OnEvent = Callable[[SessionEvent], None]


def run_pair(
    pair: Pair, builder: EnvironmentBuilder, request: Request, on_event: OnEvent
) -> Result:
    """Run the cells that are asked for and not yet known, and return all that is known then.

    A pair is run once at a time: a second caller waits, and finds the cells known.

    Raises:
        Fault: something outside the releases failed; what was finished before is stored.
    """
    before_waiting = store.read_or_empty(pair, request.folder)
    with store.lock(pair):
        result = store.read_or_empty(pair, request.folder)
        missing = _still_missing(request, before_waiting, result)
        if not missing:
            return result
        on_event(Stage("installing"))
        try:
            environment = builder.make(pair, request.wheel)
        except NoEnvironment as reason:
            _store_pair_outcome(reason, result, request)
        else:
            missing = _adopt(environment, result, request, missing)
            PairRun(environment, result, request, on_event).run(missing)
        finally:
            if request.prune:
                builder.remove(pair)
        return result


def _still_missing(request: Request, before_waiting: Result, result: Result) -> list[CellRequest]:
    """The missing cells, without those that another run made while this one waited for it."""
    return [
        cell
        for cell in request.missing_from(result)
        if (stored := result.cells.get(cell.key)) is None
        or stored.digest != cell.case.digest
        or stored == before_waiting.cells.get(cell.key)
    ]


def _store_pair_outcome(reason: NoEnvironment, result: Result, request: Request) -> None:
    """Store that the pair has no environment.

    Raises:
        Fault: cells of the pair are known, so it had an environment before.
    """
    if result.cells:
        raise Fault(str(reason)) from reason
    result.outcome, result.reason = reason.outcome, str(reason)
    result.environment = {"wheel": request.wheel} if request.wheel else {}
    result.digest = pair_digest()
    store.write(result, request.folder)


def _adopt(
    environment: Environment, result: Result, request: Request, missing: list[CellRequest]
) -> list[CellRequest]:
    """Take the environment's facts into the result; return the cells that then have to be run.

    Cells that another environment made cannot stand beside new ones, and are run again.

    Raises:
        Fault: some of those cells are not asked for, and would be lost.
    """
    if result.cells and environment_key(environment.facts) != result.environment_key:
        lost = result.cells.keys() - {cell.key for cell in request.cells}
        if lost:
            raise Fault(
                f"{result.pair.id} is known from another environment; run all of its cells, or "
                f"move its result file away ({len(lost)} cells would be lost)"
            )
        result.cells.clear()
        missing = request.cells
    result.environment = {**result.environment, **environment.facts}
    result.outcome = result.reason = result.digest = ""
    return missing


def starter_for(request: Request, environment: Environment) -> ProcessStarter:
    """What starts the processes of a request in an environment.

    A fork server has one hash seed and reads from its own environment, so requests that vary the
    seed or remove the environment start processes of their own.
    """
    may_fork = request.fork_server and not request.vary and not request.prune
    return process_starter(environment, request.cases, inherited_folder() if may_fork else None)


@dataclass
class PairRun:
    """The processes that run the cells of one pair, one after the other."""

    environment: Environment
    result: Result
    request: Request
    on_event: OnEvent
    seconds: float = 0.0
    stored_at: float = -STORE_SECONDS
    was_imported: bool = False

    def __post_init__(self) -> None:
        self.start = starter_for(self.request, self.environment)

    def run(self, cells: Sequence[CellRequest]) -> None:
        """Run the cells, and those that crashed again, each in a process of its own.

        A crash can come from the cells before it, or from chance.
        """
        try:
            self._run_all(cells)
            retries = 0 if self.request.vary else CRASH_RETRIES
            for cell in cells:
                for _ in range(retries):
                    if self._ended_by_signal(cell):
                        self._run_all([cell])
        finally:
            if self.result.cells or self.result.outcome:
                store.write(self.result, self.request.folder)

    def _ended_by_signal(self, cell: CellRequest) -> bool:
        stored = self.result.cells.get(cell.key)
        return stored is not None and bool(stored.signal)

    def _run_all(self, cells: Sequence[CellRequest]) -> None:
        """Start processes until no cell is left; one that dies costs the cell it was in."""
        left = list(cells)
        while left and not self.result.outcome:
            self.on_event(Stage("importing", len(left), len(cells)))
            started = time.monotonic()
            finished = self._run_process(left, len(cells))
            self.seconds += time.monotonic() - started
            self.result.environment["inside_seconds"] = round(self.seconds, 1)
            left = left[finished:]

    def _run_process(self, cells: Sequence[CellRequest], total: int) -> int:
        """Run one process; return how many of its cells came to an end."""
        finished = 0
        has_changed = False
        for event in run_cells(
            self.environment, cells, self.request.limit, vary=self.request.vary, start=self.start
        ):
            self.result.environment["started"] = self.start.started
            if isinstance(event, ImportFailed):
                self._take_import_error(event.error)
                break
            if not isinstance(event, Tick):
                self.was_imported = True
            if isinstance(event, CellFinished):
                self._take_cell(cells[finished], event.result)
                has_changed = True
                finished += 1
                self.on_event(Stage("running", len(cells) - finished, total))
            if has_changed and time.monotonic() - self.stored_at > STORE_SECONDS:
                store.write(self.result, self.request.folder)
                self.stored_at, has_changed = time.monotonic(), False
        return finished

    def _take_import_error(self, error: ExceptionRecord) -> None:
        reason = f"{error['type']}: {error['message']}"
        if self.was_imported:
            raise Fault(f"the pair was imported before, and now it cannot be: {reason}")
        self.result.outcome, self.result.reason = "import-error", reason
        self.result.digest = pair_digest()

    def _take_cell(self, asked: CellRequest, record: CellRecord) -> None:
        if record.outcome == BAD_CASE:
            self.on_event(BadCase(record.note))
            return
        cell = cell_from(asked, record, self.request.limit)
        before = self.result.cells.get(cell.key)
        was_crash = before and before.signal and before.digest == cell.digest
        if before and was_crash and not cell.signal:
            cell = replace(cell, flaky=before.error)
        self.result.cells[cell.key] = cell


def cell_from(asked: CellRequest, record: CellRecord, limit: float) -> Cell:
    """The cell that a record describes; ``limit`` is the time limit asked for, in seconds."""
    return Cell(
        case=asked.case.name,
        format=asked.format,
        outcome=record.outcome,
        digest=asked.case.digest,
        seconds=record.seconds,
        limit=asked.case.limit(limit) if record.outcome == "timeout" else 0.0,
        phase=record.phase,
        note=record.note,
        error=record.error,
        signal=record.signal,
    )
