"""Runs the requested cells of one pair in its environment, and stores them as they finish.

In this order: read the stored result, find the missing cells, make the environment, start processes
that run the cells, write the result.
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
from harness.results.model import Cell, Result, environment_key
from harness.util.errors import Fault

#: Seconds between two writes of a result; a kill loses no more work than that.
STORE_SECONDS = 1.0

#: How often a cell that a signal ended is run again, alone in its process. TensorFlow 1.8.0 crashes
#: in every tenth cell of a long process, and in none of the same cells when each runs alone.
CRASH_RETRIES = 2

#: A fork server is used for up to so many cases: a bisection, or a matrix of a few. It saves about
#: two seconds of processor time a pair: 30 % with one to four cases, and 3 % with all.
FEW_CASES = 8

OnEvent = Callable[[SessionEvent], None]


def run_pair(
    pair: Pair, builder: EnvironmentBuilder, request: Request, on_event: OnEvent
) -> Result:
    """Run the requested cells that are not known yet, and return everything known about the pair.

    Only one caller at a time runs a pair: a second one waits, and then finds the cells known.

    Raises:
        Fault: something outside the releases failed; the cells finished before that are stored.
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
            missing = _adopt_environment(environment, result, request, missing)
            PairRun(environment, result, request, on_event).run(missing)
        finally:
            if request.prune:
                builder.remove(pair)
        return result


def _still_missing(request: Request, before_waiting: Result, result: Result) -> list[CellRequest]:
    """The missing cells, except those that another run made while this one waited for it."""
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


def _adopt_environment(
    environment: Environment, result: Result, request: Request, missing: list[CellRequest]
) -> list[CellRequest]:
    """Copy the environment's facts into the result, and return the cells that have to be run.

    Cells that another environment made must not be mixed with new ones, so they are run again.

    Raises:
        Fault: some of those cells are not requested, and would be lost.
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
    """The starter of the processes that a request needs in an environment.

    A fork server has a fixed hash seed, and may run in the environment itself. So a request that
    varies the seed or removes the environment uses no fork server. A request of many cases uses
    none, either: it would gain next to nothing.
    """
    is_short = len(request.cases) <= FEW_CASES
    may_fork = request.fork_server and is_short and not request.vary and not request.prune
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
    deaths_at_import: int = 0

    def __post_init__(self) -> None:
        self.start = starter_for(self.request, self.environment)

    def run(self, cells: Sequence[CellRequest]) -> None:
        """Run the cells; then run those that a signal ended again, each alone in its process.

        Such a crash can be a consequence of the cells before it, or happen by chance.
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
        """Start processes until no cell is left; one that dies loses only the cell it was in."""
        remaining = list(cells)
        while remaining and not self.result.outcome:
            self.on_event(Stage("importing", len(remaining), len(cells)))
            started = time.monotonic()
            finished = self._run_process(remaining, len(cells))
            self.seconds += time.monotonic() - started
            self.result.environment["inside_seconds"] = round(self.seconds, 1)
            remaining = remaining[finished:]

    def _run_process(self, cells: Sequence[CellRequest], total: int) -> int:
        """Run one process, and return how many of the cells it has finished."""
        finished = 0
        is_unsaved = False
        for event in run_cells(
            self.environment, cells, self.request.limit, vary=self.request.vary, start=self.start
        ):
            self.result.environment["started"] = self.start.started
            if isinstance(event, ImportFailed):
                self._take_failed_import(event)
                break
            if not isinstance(event, Tick):
                self.was_imported = True
            if isinstance(event, CellFinished):
                self._take_cell(cells[finished], event.result)
                is_unsaved = True
                finished += 1
                self.on_event(Stage("running", len(cells) - finished, total))
            if is_unsaved and time.monotonic() - self.stored_at > STORE_SECONDS:
                store.write(self.result, self.request.folder)
                self.stored_at, is_unsaved = time.monotonic(), False
        return finished

    def _take_failed_import(self, failure: ImportFailed) -> None:
        """Store that Keras cannot be imported, unless that may be chance or something outside it.

        A process that dies is no finding until it has died `CRASH_RETRIES` times more.

        Raises:
            Fault: Keras was imported before in the same environment.
        """
        reason = f"{failure.error['type']}: {failure.error['message']}"
        if failure.died and self.deaths_at_import < CRASH_RETRIES:
            self.deaths_at_import += 1
            return
        if self.was_imported or self.result.cells:
            raise Fault(f"Keras was imported before, and now it cannot be imported: {reason}")
        self.result.outcome, self.result.reason = "import-error", reason
        self.result.digest = pair_digest()

    def _take_cell(self, cell_request: CellRequest, record: CellRecord) -> None:
        """Put a cell into the result; it is flaky where the same code crashed before."""
        if record.outcome == BAD_CASE:
            self.on_event(BadCase(record.note))
            return
        cell = cell_from(cell_request, record, self.request.limit)
        previous = self.result.cells.get(cell.key)
        if previous and previous.digest == cell.digest and previous.signal and not cell.signal:
            cell = replace(cell, flaky=previous.error)
        self.result.cells[cell.key] = cell


def cell_from(cell_request: CellRequest, record: CellRecord, limit: float) -> Cell:
    """The cell that a record describes; ``limit`` is the requested time limit in seconds."""
    case, format_name = cell_request
    return Cell(
        case=case.name,
        format=format_name,
        outcome=record.outcome,
        digest=case.digest,
        seconds=record.seconds,
        limit=case.limit(limit) if record.outcome == "timeout" else 0.0,
        phase=record.phase,
        note=record.note,
        error=record.error,
        signal=record.signal,
    )
