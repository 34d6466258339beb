"""Runs the requested cells of one pair in its environment, and stores them as they finish.

In this order: read the stored result, find the missing cells, make the environment, start processes
that run the cells, write the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.execution.cases import all_cases, code_digests
from harness.execution.cell_process import ended_by_clock, run_cells
from harness.execution.digests import pair_digest
from harness.execution.events import (
    BAD_CASE,
    BadCase,
    CellFinished,
    CellKnown,
    CellRecord,
    ImportFailed,
    MachineFault,
    SessionEvent,
    Stage,
    Tick,
)
from harness.execution.forkserver.pool import ProcessStarter, inherited_folder, process_starter
from harness.execution.request import ONLY_THIS_WHEEL, CellRequest, Request, in_run_order
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Cell, Result, environment_key
from harness.results.signatures import signature_of
from harness.util.errors import Fault
from harness.util.machine import has_room
from harness.util.paths import SCRATCH

#: Seconds between two writes of a result; a kill loses no more work than that.
STORE_SECONDS = 1.0
#: Where writing takes long, it takes no more than this share of the time.
STORE_SHARE = 0.03

#: How often a cell that a signal ended is run again, alone in its process. TensorFlow 1.8.0 crashes
#: in every tenth cell of a long process, and in none of the same cells when each runs alone.
CRASH_RETRIES = 2

#: How many cells of a pair may run out of memory or disk, although there is enough of both, before
#: that is taken for a fault of the machine.
MOST_FAULTS = 8

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
    """The missing cells; of those to run again, not those that were made during the wait."""
    unknown = request.unknown_in(result)
    return [
        cell
        for cell in request.missing_from(result)
        if cell in unknown or result.cells.get(cell.key) == before_waiting.cells.get(cell.key)
    ]


def _store_pair_outcome(reason: NoEnvironment, result: Result, request: Request) -> None:
    """Store that the pair has no environment.

    Raises:
        Fault: cells of the pair are known, so it had an environment before.
    """
    if result.cells:
        raise Fault(str(reason)) from reason
    result.outcome, result.reason = reason.outcome, str(reason)
    result.environment = {}
    if request.wheel:
        result.environment = {"wheel": request.wheel, ONLY_THIS_WHEEL: True}
    result.digest = pair_digest()
    store.write(result, request.folder)


def _adopt_environment(
    environment: Environment, result: Result, request: Request, missing: list[CellRequest]
) -> list[CellRequest]:
    """Copy the environment's facts into the result, and return the cells that have to be run.

    Cells that another environment made must not be mixed with new ones, so they are run again.

    Raises:
        Fault: some of those cells are still valid, not requested, and would be lost.
    """
    if result.cells and environment_key(environment.facts) != result.environment_key:
        digests = code_digests(all_cases())
        valid = {key for key, cell in result.cells.items() if not digests.has_replaced(cell)}
        lost = valid - {cell.key for cell in request.cells}
        if lost:
            raise Fault(
                f"{result.pair.id} is known from another environment; run all of its cells, or "
                f"move its result file away ({len(lost)} cells would be lost)"
            )
        result.cells.clear()
        missing = request.cells
    result.environment = {**result.environment, **environment.facts}
    result.environment.pop(ONLY_THIS_WHEEL, None)
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
    store_at: float = 0.0
    was_imported: bool = False
    deaths_at_import: int = 0
    faults: set[CellRequest] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.start = starter_for(self.request, self.environment)

    def run(self, cells: Sequence[CellRequest]) -> None:
        """Run the cells; then run some of them again, each alone in its process.

        These are the cells that a signal ended, which can be a consequence of the cells before or
        happen by chance, those in which memory or disk ran out, and those that the clock ended.
        """
        try:
            self._run_all(in_run_order(cells))
            for cell in in_run_order(self.faults):
                self._run_all([cell])
            for cell in cells:
                if self._ended_by_clock(cell):
                    self._run_all([cell])
                if self._ended_by_clock(cell):
                    self._tell(self.result.cells[cell.key])
            retries = 0 if self.request.vary else CRASH_RETRIES
            for cell in cells:
                for _ in range(retries):
                    if self._ended_by_signal(cell):
                        self._run_all([cell])
                if self._ended_by_signal(cell):
                    self._tell(self.result.cells[cell.key])
        finally:
            if self.result.cells or self.result.outcome:
                store.write(self.result, self.request.folder)

    @property
    def keep_folder(self) -> Path | None:
        """Where the saved files of this pair are kept, if they are."""
        keep = self.request.keep
        return keep / self.result.pair.file_name if keep else None

    def _ended_by_signal(self, cell: CellRequest) -> bool:
        stored = self.result.cells.get(cell.key)
        return stored is not None and bool(stored.signal)

    def _ended_by_clock(self, cell: CellRequest) -> bool:
        stored = self.result.cells.get(cell.key)
        return stored is not None and ended_by_clock(stored)

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
            self.environment,
            cells,
            self.request.limit,
            keep=self.keep_folder,
            vary=self.request.vary,
            start=self.start,
        ):
            self.result.environment["started"] = self.start.started
            if isinstance(event, ImportFailed):
                self._take_failed_import(event)
                break
            if not isinstance(event, Tick):
                self.was_imported = True
            if isinstance(event, MachineFault):
                self._take_fault(cells[finished], event)
                finished += 1
            if isinstance(event, CellFinished):
                self._take_cell(cells[finished], event.result)
                is_unsaved = True
                finished += 1
                self.on_event(Stage("running", len(cells) - finished, total))
            if is_unsaved and time.monotonic() > self.store_at:
                self._store()
                is_unsaved = False
        return finished

    def _store(self) -> None:
        """Write the result, and say when it may be written next."""
        started = time.monotonic()
        store.write(self.result, self.request.folder)
        finished = time.monotonic()
        self.store_at = finished + max(STORE_SECONDS, (finished - started) / STORE_SHARE)

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

    def _take_fault(self, cell_request: CellRequest, fault: MachineFault) -> None:
        """Store what a cell came to in which memory or disk ran out, if that is its own doing.

        It is where that happens a second time, in a process of its own, with enough of both to
        spare: a damaged file can ask for terabytes.

        Raises:
            Fault: the machine is the reason, or may be.
        """
        if fault.result is None or not has_room(SCRATCH) or len(self.faults) > MOST_FAULTS:
            raise Fault(fault.message)
        if cell_request in self.faults:
            self._take_cell(cell_request, fault.result)
        self.faults.add(cell_request)

    def _take_cell(self, cell_request: CellRequest, record: CellRecord) -> None:
        """Put a cell into the result; it is flaky where the same code crashed before.

        Once flaky, it stays so as long as its code is the same.
        """
        if record.outcome == BAD_CASE:
            self.on_event(BadCase(record.note))
            return
        cell = cell_from(cell_request, record, self.request.limit)
        previous = self.result.cells.get(cell.key)
        if previous and previous.digest == cell.digest:
            crashed_before = previous.signal and not cell.signal
            cell = replace(cell, flaky=previous.error if crashed_before else previous.flaky)
        self.result.cells[cell.key] = cell
        if not cell.signal and not ended_by_clock(cell):
            self._tell(cell)

    def _tell(self, cell: Cell) -> None:
        """Tell how a cell behaves; one that is run again is told after that."""
        self.on_event(CellKnown(cell.case, cell.format, signature_of(cell)))


def cell_from(cell_request: CellRequest, record: CellRecord, limit: float) -> Cell:
    """The cell that a record describes; ``limit`` is the requested time limit in seconds."""
    case = cell_request.case
    name, format_name = cell_request.key
    return Cell(
        case=name,
        format=format_name,
        outcome=record.outcome,
        digest=case.digest,
        seconds=record.seconds,
        limit=case.limit(limit) if record.outcome == "timeout" else 0.0,
        phase=record.phase,
        note=record.note,
        error=record.error,
        signal=record.signal,
        status=record.status,
    )
