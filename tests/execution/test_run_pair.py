"""One pair: what is run, what is stored, and when its environment is made.

The environments and the processes are stand-ins; results are stored for real.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.execution import pair_processes as module
from harness.execution.cases import Case
from harness.execution.cell_process import PATIENCE, CellKilled
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
from harness.execution.forkserver.pool import FORKSERVERS
from harness.execution.pair_processes import CRASH_RETRIES, FEW_CASES
from harness.execution.request import CellRequest, Request
from harness.execution.run_pair import run_pair
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Cell, ExceptionRecord, Result
from harness.util import threads
from harness.util.errors import Fault

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
FACTS = {"wheel": "tensorflow-cpu", "installed": ["keras==3.6.0", "numpy==1.26.4"]}
OTHER_FACTS = {"wheel": "tensorflow-cpu", "installed": ["keras==3.6.0", "numpy==2.0.0"]}
LIMIT = 30.0
PASS = CellRecord("pass", 0.5)
CRASH: ExceptionRecord = {"type": "Crash", "message": "ended by signal SIGSEGV", "frames": []}
SIGNAL = CellRecord("crash", 0.0, note="ended by signal SIGSEGV", error=CRASH, signal="SIGSEGV")
EXIT = CellRecord("crash", 0.0, note="the interpreter exited with status 7", error=CRASH)
LOAD_ERROR = CellRecord("load-error", 2.0, phase="load")
TIMEOUT = CellRecord("timeout", 30.0)
BY_CLOCK = CellRecord("timeout", 30.0 * PATIENCE)
IMPORT_ERROR: ExceptionRecord = {"type": "ImportError", "message": "no numpy", "frames": []}

#: What comes of a cell: its record, or why there is none.
Answer = CellRecord | ImportFailed | MachineFault | Fault | None


class FakeBuilder(EnvironmentBuilder):
    """Makes environments that are only facts, or says why there is none."""

    def __init__(self, folder: Path, facts: Mapping[str, Any] | Exception = FACTS) -> None:
        self.facts = facts
        self.made: list[str | None] = []
        self.is_removed = False
        self._folder = folder

    def make(self, pair: Pair, wheel: str | None = None) -> Environment:
        self.made.append(wheel)
        if isinstance(self.facts, Exception):
            raise self.facts
        return Environment(pair, self._folder, self.facts)

    def remove(self, pair: Pair) -> None:
        self.is_removed = True


@dataclass
class FakeProcesses:
    """Runs cells: each format has a list of answers, the last of which is given again and again.

    A crash ends a process, as does None: a process that is lost before its cell.
    """

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    runs: list[list[str]] = field(default_factory=list)

    def __call__(
        self,
        environment: Environment,
        cells: Sequence[CellRequest],
        limit: float,
        *,
        keep: Path | None,
        vary: bool,
        start: object,
        number: int,
    ) -> Iterator[Tick | Ready | ImportFailed | CellFinished | MachineFault]:
        formats = [cell.format for cell in cells]
        self.runs.append(formats)
        yield Tick()
        is_first = True
        for name in formats:
            answers = self.answers.get(name, [PASS])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(answer, ImportFailed):
                yield answer
                return
            if is_first:
                yield Ready()
                is_first = False
            if isinstance(answer, Fault):
                raise answer
            if isinstance(answer, MachineFault):
                yield answer
                return
            if answer is None:
                return
            yield CellFinished(answer)
            if answer.outcome in ("crash", "timeout"):
                return


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Locks of its own, and no fork servers of a run that these tests may be part of."""
    monkeypatch.setattr(store, "LOCKS", tmp_path / "locks")
    monkeypatch.setattr(module, "SCRATCH", tmp_path)  # a fresh checkout has no scratch folder
    monkeypatch.delenv(FORKSERVERS, raising=False)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> FakeProcesses:
    fake = FakeProcesses()
    monkeypatch.setattr(module, "run_cells", fake)
    return fake


@pytest.fixture
def builder(tmp_path: Path) -> FakeBuilder:
    return FakeBuilder(tmp_path / "environment")


@pytest.fixture
def pair_request(tmp_path: Path) -> Request:
    """A request of one case in two formats."""
    path = tmp_path / "case.py"
    path.write_text("x = 1\n")
    return Request([Case("case", path)], ["h5", "json"], LIMIT, folder=tmp_path / "results")


def ignore(event: SessionEvent) -> None:
    """Follow no events."""


def stored(request: Request) -> Result:
    result = store.read_pair(PAIR, request.folder)
    assert result is not None
    return result


def outcomes(result: Result) -> dict[str, str]:
    return {name: cell.outcome for (_, name), cell in result.cells.items()}


def cell_of(request: Request, name: str, **fields: Any) -> Cell:
    """A cell that the present code made."""
    (case,) = request.cases
    return Cell(
        **{"case": "case", "format": name, "outcome": "pass", "digest": case.digest} | fields
    )


# ---------------------------------------------------------------- what is known


def test_the_missing_cells_are_run_and_stored(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"]]
    assert outcomes(result) == {"h5": "pass", "json": "pass"}
    assert result.environment["installed"] == FACTS["installed"]
    assert result.environment["started"] == "own process"
    assert stored(pair_request) == result


def test_known_cells_are_not_run_again_and_need_no_environment(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    first = run_pair(PAIR, builder, pair_request, ignore)
    processes.runs.clear()
    builder.made.clear()
    assert run_pair(PAIR, builder, pair_request, ignore) == first
    assert (processes.runs, builder.made) == ([], [])


def test_only_the_missing_cell_is_run(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    run_pair(PAIR, builder, replace(pair_request, formats=["json"]), ignore)
    processes.runs.clear()
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5"]]
    assert outcomes(result) == {"h5": "pass", "json": "pass"}


def test_a_rerun_runs_known_cells(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    run_pair(PAIR, builder, pair_request, ignore)
    run_pair(PAIR, builder, replace(pair_request, rerun=True), ignore)
    assert processes.runs == [["h5", "json"]] * 2


def test_cells_of_other_code_are_run_again(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    cell = cell_of(pair_request, "h5", outcome="load-error", digest="of other code")
    store.write(Result(PAIR, dict(FACTS), cells={cell.key: cell}), pair_request.folder)
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert outcomes(result) == {"h5": "pass", "json": "pass"}


def run_after_waiting(builder: FakeBuilder, request: Request, other: Result) -> Result:
    """Run a pair while another run of it stores a result."""
    is_waiting = threading.Event()
    real_lock = store.lock
    results: list[Result] = []

    def lock(pair: Pair) -> FileLock:
        is_waiting.set()
        return real_lock(pair)

    def wait_and_run() -> None:
        results.append(run_pair(PAIR, builder, request, ignore))

    caller = threading.Thread(target=wait_and_run)
    with pytest.MonkeyPatch.context() as monkeypatch:
        with real_lock(PAIR):
            monkeypatch.setattr(store, "lock", lock)
            caller.start()
            assert is_waiting.wait(10)
            store.write(other, request.folder)
        caller.join(10)
    (result,) = results
    return result


@pytest.mark.parametrize("rerun", [False, True])
def test_a_caller_that_had_to_wait_finds_the_cells_known(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request, rerun: bool
) -> None:
    cells = [cell_of(pair_request, name) for name in pair_request.formats]
    other = Result(PAIR, dict(FACTS), cells={cell.key: cell for cell in cells})
    request = replace(pair_request, rerun=rerun)
    assert run_after_waiting(builder, request, other) == other
    assert (processes.runs, builder.made) == ([], [])


def test_a_caller_that_had_to_wait_runs_what_other_code_has_made(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    cells = [cell_of(pair_request, "h5"), cell_of(pair_request, "json", digest="of other code")]
    other = Result(PAIR, dict(FACTS), cells={cell.key: cell for cell in cells})
    run_after_waiting(builder, pair_request, other)
    assert processes.runs == [["json"]]


@pytest.mark.parametrize("rerun", [False, True])
def test_a_caller_that_had_to_wait_runs_what_was_given_less_time(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request, rerun: bool
) -> None:
    hasty = cell_of(pair_request, "json", outcome="timeout", limit=LIMIT / 6)
    other = Result(PAIR, dict(FACTS), cells={
        cell.key: cell for cell in (cell_of(pair_request, "h5"), hasty)
    })  # fmt: skip
    run_after_waiting(builder, replace(pair_request, rerun=rerun), other)
    assert processes.runs == [["json"]]


# ---------------------------------------------------------------- the environment


def test_a_pair_without_an_environment_has_an_outcome_that_is_stored(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    builder.facts = NoEnvironment("unresolvable", "no version of numpy")
    request = replace(pair_request, wheel="tensorflow")
    result = run_pair(PAIR, builder, request, ignore)
    assert (result.outcome, result.reason) == ("unresolvable", "no version of numpy")
    assert (result.digest, result.environment) == (
        pair_digest(), {"wheel": "tensorflow", "only_this_wheel": True},
    )  # fmt: skip
    assert stored(pair_request) == result
    assert run_pair(PAIR, builder, request, ignore) == result
    assert (builder.made, processes.runs) == (["tensorflow"], [])
    run_pair(PAIR, builder, pair_request, ignore)  # the default package is another question
    assert (builder.made, processes.runs) == (["tensorflow", None], [])
    store.write(result, pair_request.folder)
    builder.facts = {**FACTS, "wheel": "tensorflow"}
    made = run_pair(PAIR, builder, replace(request, rerun=True), ignore)
    assert made.environment["wheel"] == "tensorflow" and "only_this_wheel" not in made.environment


def test_a_missing_interpreter_is_looked_for_again(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    builder.facts = NoEnvironment("no-interpreter", "no CPython 3.11")
    assert run_pair(PAIR, builder, pair_request, ignore).outcome == "no-interpreter"
    builder.facts = FACTS
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert (result.outcome, result.reason, result.digest) == ("", "", "")
    assert outcomes(result) == {"h5": "pass", "json": "pass"}


def test_a_pair_with_cells_cannot_come_to_have_no_environment(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    known = run_pair(PAIR, builder, replace(pair_request, formats=["json"]), ignore)
    builder.facts = NoEnvironment("install-error", "no space")
    with pytest.raises(Fault, match="no space"):
        run_pair(PAIR, builder, pair_request, ignore)
    assert stored(pair_request) == known


def test_cells_of_another_environment_are_run_again(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    run_pair(PAIR, builder, replace(pair_request, formats=["json"]), ignore)
    processes.runs.clear()
    builder.facts = OTHER_FACTS
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"]]
    assert result.environment["installed"] == OTHER_FACTS["installed"]


def test_cells_of_another_environment_that_are_not_requested_are_not_lost(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    known = run_pair(PAIR, builder, pair_request, ignore)
    processes.runs.clear()
    builder.facts = OTHER_FACTS
    with pytest.raises(Fault, match=r"known from another environment.*1 cells would be lost"):
        run_pair(PAIR, builder, replace(pair_request, formats=["h5"], rerun=True), ignore)
    assert (stored(pair_request), processes.runs) == (known, [])


def test_cells_of_other_code_do_not_keep_another_environment_away(
    processes: FakeProcesses,
    builder: FakeBuilder,
    pair_request: Request,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.execution.run_pair.all_cases", lambda: pair_request.cases)
    old = cell_of(pair_request, "json", digest="old")
    store.write(Result(PAIR, FACTS, cells={old.key: old}), pair_request.folder)
    builder.facts = OTHER_FACTS
    result = run_pair(PAIR, builder, replace(pair_request, formats=["h5"]), ignore)
    assert outcomes(result) == {"h5": "pass"}
    assert result.environment["installed"] == OTHER_FACTS["installed"]


@pytest.mark.parametrize("fault", [None, Fault("no memory")])
def test_a_pruned_environment_is_removed_whatever_happens(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request, fault: Fault | None
) -> None:
    run_pair(PAIR, builder, pair_request, ignore)
    assert not builder.is_removed
    pruned = replace(pair_request, prune=True, rerun=True)
    if fault:
        processes.answers["h5"] = [fault]
        with pytest.raises(Fault):
            run_pair(PAIR, builder, pruned, ignore)
    else:
        run_pair(PAIR, builder, pruned, ignore)
    assert builder.is_removed


# ---------------------------------------------------------------- processes


def test_a_process_that_dies_costs_the_cell_that_it_was_in(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [EXIT]
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"], ["json"]]
    assert outcomes(result) == {"h5": "crash", "json": "pass"}


def test_cells_of_a_lost_process_are_run_in_another(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["json"] = [None, PASS]
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"], ["json"]]
    assert outcomes(result) == {"h5": "pass", "json": "pass"}


def test_a_cell_that_a_signal_ended_is_run_again_alone(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [SIGNAL]
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"], ["json"]] + [["h5"]] * CRASH_RETRIES
    cell = result.cells["case", "h5"]
    assert (cell.outcome, cell.signal, cell.flaky) == ("crash", "SIGSEGV", None)


def test_a_crash_that_does_not_come_again_makes_the_cell_flaky(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [SIGNAL, PASS]
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"], ["json"], ["h5"]]
    cell = result.cells["case", "h5"]
    assert (cell.outcome, cell.signal, cell.flaky) == ("pass", "", CRASH)
    assert stored(pair_request) == result


def test_a_crash_of_other_code_makes_no_cell_flaky(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    crash = cell_of(
        pair_request, "h5", outcome="crash", digest="of other code", error=CRASH, signal="SIGSEGV"
    )
    store.write(Result(PAIR, dict(FACTS), cells={crash.key: crash}), pair_request.folder)
    assert run_pair(PAIR, builder, pair_request, ignore).cells["case", "h5"].flaky is None


def told(events: Iterable[SessionEvent]) -> list[tuple[str, str]]:
    """Format and outcome of the cells that were told to be known, in their order."""
    return [
        (event.format, event.signature.outcome) for event in events if isinstance(event, CellKnown)
    ]


def test_each_cell_is_told_as_soon_as_it_is_known(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers = {"json": [EXIT]}
    events: list[SessionEvent] = []
    run_pair(PAIR, builder, pair_request, events.append)
    assert told(events) == [("h5", "pass"), ("json", "crash")]


@pytest.mark.parametrize(("answers", "outcome"), [([SIGNAL], "crash"), ([SIGNAL, PASS], "pass")])
def test_a_cell_that_a_signal_ended_is_told_once_and_after_its_last_run(
    processes: FakeProcesses,
    builder: FakeBuilder,
    pair_request: Request,
    answers: list[Answer],
    outcome: str,
) -> None:
    processes.answers = {"h5": answers}
    events: list[SessionEvent] = []
    run_pair(PAIR, builder, pair_request, events.append)
    assert told(events) == [("json", "pass"), ("h5", outcome)]


def test_a_request_that_varies_does_not_repeat_a_crash(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [SIGNAL]
    run_pair(PAIR, builder, replace(pair_request, vary=True), ignore)
    assert processes.runs == [["h5", "json"], ["json"]]


@pytest.mark.parametrize("answers", [[BY_CLOCK, PASS], [BY_CLOCK, TIMEOUT], [BY_CLOCK]])
def test_a_cell_that_only_the_clock_ended_is_run_again_alone_before_it_is_told(
    processes: FakeProcesses,
    builder: FakeBuilder,
    pair_request: Request,
    answers: list[CellRecord],
) -> None:
    """The machine may have been busy, or the processes stopped for a while."""
    outcome = answers[-1].outcome
    processes.answers = {"h5": list(answers)}
    events: list[SessionEvent] = []
    result = run_pair(PAIR, builder, pair_request, events.append)
    assert processes.runs == [["h5", "json"], ["json"], ["h5"]]
    assert outcomes(result) == {"h5": outcome, "json": "pass"}
    assert told(events) == [("json", "pass"), ("h5", outcome)]


def test_a_timeout_that_used_its_processor_time_is_not_run_again(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [TIMEOUT]
    run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"], ["json"]]


def test_only_a_timeout_has_a_limit(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [TIMEOUT]
    cells = run_pair(PAIR, builder, pair_request, ignore).cells
    assert (cells["case", "h5"].limit, cells["case", "json"].limit) == (LIMIT, 0)


def test_a_keras_that_cannot_be_imported_is_the_outcome_of_the_pair(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [ImportFailed(IMPORT_ERROR)]
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"]]
    assert (result.outcome, result.reason) == ("import-error", "ImportError: no numpy")
    assert (result.digest, result.cells) == (pair_digest(), {})
    assert stored(pair_request) == result


def test_a_keras_that_was_imported_cannot_fail_to_be_imported(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers = {"h5": [EXIT], "json": [ImportFailed(IMPORT_ERROR)]}
    with pytest.raises(Fault, match="Keras was imported before"):
        run_pair(PAIR, builder, pair_request, ignore)
    assert outcomes(stored(pair_request)) == {"h5": "crash"}


def test_one_death_at_the_import_is_chance(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [ImportFailed(CRASH, died=True), PASS]
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"]] * 2
    assert (result.outcome, outcomes(result)) == ("", {"h5": "pass", "json": "pass"})


def test_deaths_at_every_import_are_the_outcome_of_the_pair(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [ImportFailed(CRASH, died=True)]
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert len(processes.runs) == 1 + CRASH_RETRIES
    assert (result.outcome, result.reason) == ("import-error", "Crash: ended by signal SIGSEGV")


@pytest.mark.parametrize(
    "failure", [ImportFailed(IMPORT_ERROR), ImportFailed(CRASH, died=True)], ids=["raises", "dies"]
)
def test_known_cells_outlast_an_import_that_fails_later(
    processes: FakeProcesses,
    builder: FakeBuilder,
    pair_request: Request,
    failure: ImportFailed,
) -> None:
    before = run_pair(PAIR, builder, replace(pair_request, formats=["h5"]), ignore)
    processes.answers["json"] = [failure]
    with pytest.raises(Fault, match="Keras was imported before"):
        run_pair(PAIR, builder, pair_request, ignore)
    kept = stored(pair_request)
    assert (kept.outcome, kept.cells) == ("", before.cells)


def test_a_cell_that_exhausts_the_memory_again_when_alone_is_a_finding(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    """A damaged file can ask for terabytes; the cells after it are run all the same."""
    processes.answers["h5"] = [MachineFault("no memory", LOAD_ERROR)]
    result = run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"], ["json"], ["h5"]]
    assert outcomes(result) == {"h5": "load-error", "json": "pass"}


def test_memory_that_ran_out_once_is_no_finding(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [MachineFault("no memory", LOAD_ERROR), PASS]
    assert outcomes(run_pair(PAIR, builder, pair_request, ignore)) == {"h5": "pass", "json": "pass"}


def test_a_cell_that_is_killed_again_when_alone_is_named_and_the_others_are_run(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [CellKilled("ended by signal SIGKILL")]
    with pytest.raises(Fault, match=r"^case \(h5\) ended by signal SIGKILL, also when run alone$"):
        run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"], ["json"], ["h5"]]
    assert outcomes(stored(pair_request)) == {"json": "pass"}


def test_the_formats_of_a_case_that_are_killed_again_are_named_together(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers = {name: [CellKilled("ended by signal SIGKILL")] for name in ("h5", "json")}
    events: list[SessionEvent] = []
    with pytest.raises(Fault, match=r"^case \(h5, json\) ended by signal SIGKILL, also when"):
        run_pair(PAIR, builder, pair_request, events.append)
    left = [event.left for event in events if isinstance(event, Stage) and event.name == "running"]
    assert left == [1, 0, 0, 0]  # both in turn, and then each alone


def test_a_cell_that_is_killed_once_is_run_again(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [CellKilled("ended by signal SIGKILL"), PASS]
    assert outcomes(run_pair(PAIR, builder, pair_request, ignore)) == {"h5": "pass", "json": "pass"}


def test_when_many_cells_are_killed_the_machine_is_at_fault(
    processes: FakeProcesses,
    builder: FakeBuilder,
    pair_request: Request,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_FAULTS", 0)
    processes.answers = {name: [CellKilled("ended by signal SIGKILL")] for name in ("h5", "json")}
    with pytest.raises(CellKilled, match="SIGKILL"):
        run_pair(PAIR, builder, pair_request, ignore)
    assert processes.runs == [["h5", "json"], ["json"]]


def test_without_memory_to_spare_the_machine_is_at_fault(
    processes: FakeProcesses,
    builder: FakeBuilder,
    pair_request: Request,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "has_room", lambda folder: False)
    processes.answers["json"] = [MachineFault("no memory", LOAD_ERROR)]
    with pytest.raises(Fault, match="no memory"):
        run_pair(PAIR, builder, pair_request, ignore)
    assert outcomes(stored(pair_request)) == {"h5": "pass"}


def test_a_flaky_cell_stays_flaky_when_it_is_run_again(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["h5"] = [SIGNAL, PASS]
    run_pair(PAIR, builder, pair_request, ignore)
    result = run_pair(PAIR, builder, replace(pair_request, rerun=True), ignore)
    assert (outcomes(result)["h5"], result.cells["case", "h5"].flaky) == ("pass", CRASH)


def test_a_fault_keeps_the_cells_before_it(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    processes.answers["json"] = [Fault("no memory")]
    with pytest.raises(Fault, match="no memory"):
        run_pair(PAIR, builder, pair_request, ignore)
    assert outcomes(stored(pair_request)) == {"h5": "pass"}


def test_a_faulty_case_is_reported_and_not_stored(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    events: list[SessionEvent] = []
    processes.answers["h5"] = [CellRecord(BAD_CASE, note="case.py:1: no builder")]
    result = run_pair(PAIR, builder, pair_request, events.append)
    assert BadCase("case.py:1: no builder") in events
    assert outcomes(result) == outcomes(stored(pair_request)) == {"json": "pass"}


def test_the_stages_of_a_pair_are_reported(
    processes: FakeProcesses, builder: FakeBuilder, pair_request: Request
) -> None:
    events: list[SessionEvent] = []
    processes.answers["h5"] = [EXIT]
    run_pair(PAIR, builder, pair_request, events.append)
    assert [event for event in events if isinstance(event, Stage)] == [
        Stage("installing"),
        Stage("importing", 2, 2),
        Stage("running", 1, 2),
        Stage("importing", 1, 2),
        Stage("running", 0, 2),
    ]


@pytest.fixture
def large_request(
    pair_request: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Request:
    """A request of so many cells that two processes can run them at a time."""
    monkeypatch.setattr(module, "CELLS_PER_PROCESS", 5)
    cases = [Case(f"case_{number}", tmp_path / "case.py") for number in range(FEW_CASES + 2)]
    return replace(pair_request, cases=cases, processes=2)


@dataclass
class AtOnce(FakeProcesses):
    """Processes that only begin when there are two of them."""

    both: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=10))
    shares: dict[int, list[str]] = field(default_factory=dict)

    def __call__(
        self, environment: Environment, cells: Sequence[CellRequest], *args: Any, **options: Any
    ) -> Iterator[Tick | Ready | ImportFailed | CellFinished | MachineFault]:
        self.shares[options["number"]] = [cell.case.name for cell in cells]
        self.both.wait()
        yield from super().__call__(environment, cells, *args, **options)


def test_many_cells_are_run_in_two_processes_at_a_time(
    builder: FakeBuilder, large_request: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = AtOnce()
    monkeypatch.setattr(module, "run_cells", processes)
    events: list[SessionEvent] = []
    run_pair(PAIR, builder, large_request, events.append)
    assert {cell.outcome for cell in stored(large_request).cells.values()} == {"pass"}
    assert len(stored(large_request).cells) == 20
    first, second = processes.shares[1], processes.shares[2]
    assert not set(first) & set(second), "the formats of a case share a model"
    assert len(first) == len(second) == 10
    left = [event.left for event in events if isinstance(event, Stage) and event.name == "running"]
    assert left == list(range(19, -1, -1))


@pytest.mark.parametrize("spared", ["cases", "cells", "processes"])
def test_few_cells_are_run_in_one_process(
    processes: FakeProcesses,
    builder: FakeBuilder,
    large_request: Request,
    monkeypatch: pytest.MonkeyPatch,
    spared: str,
) -> None:
    if spared == "cases":
        large_request = replace(large_request, cases=large_request.cases[:FEW_CASES])
    if spared == "cells":
        monkeypatch.setattr(module, "CELLS_PER_PROCESS", 11)
    if spared == "processes":
        large_request = replace(large_request, processes=1)
    run_pair(PAIR, builder, large_request, ignore)
    assert len(processes.runs) == 1


def test_a_fault_in_one_process_ends_the_other_and_keeps_what_both_have_finished(
    builder: FakeBuilder, large_request: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_killed = threading.Event()
    monkeypatch.setattr(threads, "kill_children", is_killed.set)

    @dataclass
    class OneFails(AtOnce):
        def __call__(
            self, environment: Environment, cells: Sequence[CellRequest], *args: Any, **options: Any
        ) -> Iterator[Tick | Ready | ImportFailed | CellFinished | MachineFault]:
            yield from super().__call__(environment, cells[:1], *args, **options)
            self.both.wait()
            if options["number"] == 1:
                raise Fault("no memory")
            assert is_killed.wait(10)
            raise Fault("ended by signal SIGKILL")

    monkeypatch.setattr(module, "run_cells", OneFails())
    with pytest.raises(Fault, match="no memory"):
        run_pair(PAIR, builder, large_request, ignore)
    assert set(stored(large_request).cells) == {("case_0", "h5"), ("case_1", "h5")}
