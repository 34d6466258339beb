"""The processes that run the cells of one pair: one after the other, or several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from harness.environments.builder import Environment
from harness.execution.cell_process import CellKilled, ended_by_clock, run_cells
from harness.execution.digests import pair_digest
from harness.execution.events import (
    BAD_CASE,
    BadCase,
    CellFinished,
    CellKnown,
    CellRecord,
    ImportFailed,
    MachineFault,
    Ready,
    SessionEvent,
    Stage,
    Tick,
)
from harness.execution.forkserver.pool import ProcessStarter, inherited_folder, process_starter
from harness.execution.request import CellRequest, Request, in_run_order, shares_of
from harness.results import store
from harness.results.model import Cell, Result
from harness.results.signatures import signature_of
from harness.util.errors import Fault
from harness.util.machine import has_room
from harness.util.paths import SCRATCH
from harness.util.threads import submitted

#: Seconds between two writes of a result; a kill loses no more work than that.
STORE_SECONDS = 1.0
#: Where writing takes long, it takes no more than this share of the time.
STORE_SHARE = 0.03

#: How often a cell that was ended by a signal is run again, alone in its process. TensorFlow 1.8.0
#: crashes in every tenth cell of a long process, and in none of these cells if each runs alone.
CRASH_RETRIES = 2

#: How many cells of a pair may be killed, or run out of memory or disk although there is enough of
#: both. If there are more, the machine is at fault.
MOST_FAULTS = 8

#: A fork server is used for up to this many cases: for a bisection, or for a matrix of a few cases.
#: It saves about two seconds of processor time a pair: 30 % with one to four cases, 3 % with all.
FEW_CASES = 8

#: Each further process has to have this many cells: importing TensorFlow takes as long as thirty.
CELLS_PER_PROCESS = 60

OnEvent = Callable[[SessionEvent], None]


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
class PairProcesses:
    """The processes that run the cells of one pair.

    There are several at a time where the request asks for it and there are many cells; then each
    has a thread here, and ``lock`` is held while one of them takes an event.
    """

    environment: Environment
    result: Result
    request: Request
    on_event: OnEvent
    seconds: float = 0.0
    store_at: float = 0.0
    is_unsaved: bool = False
    was_imported: bool = False
    deaths_at_import: int = 0
    faults: set[CellRequest] = field(default_factory=set)
    kills: dict[CellRequest, str] = field(default_factory=dict)
    total: int = 0
    left: int = 0
    is_stopped: bool = False
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.start = starter_for(self.request, self.environment)

    def run(self, cells: Sequence[CellRequest]) -> None:
        """Run the cells; then run some of them again, each alone in its process.

        These are the cells that were ended by a signal, which can be a consequence of the cells
        before or happen by chance; those that were killed, or in which memory or disk ran out; and
        those that took too long by the clock.

        Raises:
            Fault: the machine is the reason why cells are not known, or may be.
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
            if self.kills:
                raise Fault(_killed_again(self.kills))
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
        """Run cells, in several processes at a time if there are enough of them."""
        self.total = self.left = len(cells)
        shares = shares_of(cells, self._most_processes(len(cells)))
        if len(shares) == 1:
            self._run_share(1, cells)
            return
        numbered = list(enumerate(shares, 1))
        with (
            ThreadPoolExecutor(len(shares)) as pool,
            submitted(pool, lambda share: self._run_share(*share), numbered) as futures,
        ):
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:  # an interrupt among them
                self.is_stopped = True
                raise

    def _most_processes(self, cells: int) -> int:
        if len(self.request.cases) <= FEW_CASES:  # a fork server is the better way
            return 1
        return max(1, min(self.request.processes, cells // CELLS_PER_PROCESS))

    def _run_share(self, number: int, cells: Sequence[CellRequest]) -> None:
        """Start processes until no cell is left; one that dies loses only the cell it was in."""
        remaining = list(cells)
        while remaining and not self.result.outcome and not self.is_stopped:
            with self.lock:
                self.on_event(Stage("importing", self.left, self.total))
            started = time.monotonic()
            finished = self._run_process(number, remaining)
            with self.lock:
                self.seconds += time.monotonic() - started
                self.result.environment["inside_seconds"] = round(self.seconds, 1)
            remaining = remaining[finished:]

    def _run_process(self, number: int, cells: Sequence[CellRequest]) -> int:
        """Run one process, and return how many of the cells it has finished."""
        finished = 0
        events = run_cells(
            self.environment,
            cells,
            self.request.limit,
            keep=self.keep_folder,
            vary=self.request.vary,
            start=self.start,
            number=number,
        )
        try:
            for event in events:
                with self.lock:
                    finished += self._take(event, cells[finished])
                    if self.is_unsaved and time.monotonic() > self.store_at:
                        self._store()
        except CellKilled as killed:
            with self.lock:
                self._take_kill(cells[finished], killed)
            finished += 1
        return finished

    def _take(
        self, event: Tick | Ready | ImportFailed | CellFinished | MachineFault, cell: CellRequest
    ) -> bool:
        """Take an event of a process whose next cell is ``cell``; return whether that is over."""
        self.result.environment["started"] = self.start.started
        self.was_imported |= isinstance(event, Ready | CellFinished | MachineFault)
        match event:
            case ImportFailed():
                self._take_failed_import(event)
            case MachineFault():
                self._take_fault(cell, event)
            case CellFinished():
                self._take_cell(cell, event.result)
                self.is_unsaved = True
        is_over = isinstance(event, CellFinished | MachineFault)
        if is_over:
            self.left -= 1
            self.on_event(Stage("running", self.left, self.total))
        return is_over

    def _store(self) -> None:
        """Write the result, and say when it may be written next."""
        started = time.monotonic()
        store.write(self.result, self.request.folder)
        self.is_unsaved = False
        finished = time.monotonic()
        self.store_at = finished + max(STORE_SECONDS, (finished - started) / STORE_SHARE)

    def _take_failed_import(self, failure: ImportFailed) -> None:
        """Store that Keras cannot be imported, unless that may be chance or something outside it.

        A process that dies is a finding only if the next `CRASH_RETRIES` processes die, too.

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
        """Store the outcome of a cell in which memory or disk ran out, if the cell is the reason.

        It is the reason if that happens a second time, in a process of its own, with enough of both
        to spare: a damaged file can ask for terabytes.

        Raises:
            Fault: the machine is the reason, or may be.
        """
        if fault.result is None or not has_room(SCRATCH) or len(self.faults) > MOST_FAULTS:
            raise Fault(fault.message)
        if cell_request in self.faults:
            self._take_cell(cell_request, fault.result)
        self.faults.add(cell_request)

    def _take_kill(self, cell_request: CellRequest, killed: CellKilled) -> None:
        """Leave a cell in which the process was killed for later; run the others in the meantime.

        Raises:
            CellKilled: too many cells were killed.
        """
        if len(self.faults) > MOST_FAULTS:
            raise killed
        if cell_request in self.faults:
            self.kills[cell_request] = str(killed)
        self.faults.add(cell_request)
        self.was_imported = True
        self.left -= 1
        self.on_event(Stage("running", self.left, self.total))

    def _take_cell(self, cell_request: CellRequest, record: CellRecord) -> None:
        """Put a cell into the result; it is flaky if the same code crashed before.

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
        """Report how a cell behaves; a cell that is run again is reported only after that."""
        self.on_event(CellKnown(cell.case, cell.format, signature_of(cell)))


def _killed_again(kills: Mapping[CellRequest, str]) -> str:
    """Which cells were killed a second time, by case, and how they ended."""
    formats: dict[tuple[str, str], list[str]] = {}
    for cell, ending in kills.items():
        formats.setdefault((cell.case.name, ending), []).append(cell.format)
    return "; ".join(
        f"{case} ({', '.join(names)}) {ending}, also when run alone"
        for (case, ending), names in formats.items()
    )


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
