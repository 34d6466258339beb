"""One process of cells: its events, and what its end means.

Most tests have a stand-in for the process. The last ones run the real runner with a stand-in for
Keras.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from harness.environments.builder import Environment
from harness.execution import cell_process, guest_process
from harness.execution.cases import Case
from harness.execution.cell_process import GRACE, PATIENCE, CellKilled, ImportTimeout, run_cells
from harness.execution.events import (
    BAD_CASE,
    CellFinished,
    CellRecord,
    ImportFailed,
    MachineFault,
    Ready,
    Tick,
)
from harness.execution.guest_process import IMPORT_LIMIT
from harness.execution.request import CellRequest
from harness.releases.pair import Pair
from harness.util.errors import Fault
from harness.util.paths import GUEST, RUNNER
from harness.util.processes import Child, ProcessLost

LIMIT = 30.0
READY = {"event": "ready", "seconds": 5.0, "keras": "3.6.0"}
START = {"event": "start", "case": "case", "format": "h5"}
PASS = {
    "event": "cell",
    "case": "case",
    "format": "h5",
    "result": {"outcome": "pass", "seconds": 1},
}
PASSED = CellFinished(CellRecord("pass", 1.0))
IMPORT_ERROR = {"type": "ImportError", "message": "no", "frames": []}

#: What faulthandler writes of a hang in a case that Keras called.
STACK = f"""Timeout (0:02:03)!
Thread 0x00007f0000000001 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 11 in wait

Thread 0x00007f0000000002 (most recent call first):
  File "/tmp/cases/case.py", line 7 in from_config
  File "/env/lib/python3.11/site-packages/keras/src/layers/__init__.py", line 8 in load
  File "{RUNNER}", line 9 in run_cell
  File "{GUEST / "forkserver.py"}", line 10 in main
"""


class FakeChild:
    """A child that has written its lines, and ends with a code; or is silent until it is killed."""

    def __init__(self, output: bytes, code: int, *, is_silent: bool = False) -> None:
        read_end, self._write_end = os.pipe()
        os.write(self._write_end, output)
        if not is_silent:
            os.close(self._write_end)
        self.stdout: IO[bytes] = os.fdopen(read_end, "rb")
        self.returncode = 0
        self.was_killed = False
        self.was_waited_for = False
        self._code = code
        self._is_silent = is_silent

    def wait(self, timeout: float | None = None) -> int:
        self.was_waited_for = True
        if self._is_silent and not self.was_killed:
            raise subprocess.TimeoutExpired("fake", timeout or 0.0)
        self.returncode = -signal.SIGKILL if self.was_killed else self._code
        return self.returncode

    def kill(self) -> None:
        self.was_killed = True


class LostChild(FakeChild):
    """A child of a fork server that is gone."""

    def wait(self, timeout: float | None = None) -> int:
        raise ProcessLost("the fork server is gone")


class FakeStart:
    """Starts a `FakeChild` with these lines, and keeps what it was started with."""

    def __init__(
        self,
        *lines: Mapping[str, Any] | bytes,
        code: int = 0,
        stack: str = "",
        is_silent: bool = False,
        kind: type[FakeChild] = FakeChild,
    ) -> None:
        encoded = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        output = b"".join(line + b"\n" for line in encoded)
        self.child = kind(output, code, is_silent=is_silent)
        self.command: list[str] = []
        self.work: dict[str, Any] = {}
        self.env: Mapping[str, str] = {}
        self._stack = stack

    @contextmanager
    def __call__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None, stderr: IO[Any]
    ) -> Iterator[Child]:
        self.command, self.env = list(command), env or {}
        self.work = json.loads(Path(command[-1]).read_text())
        if self._stack:
            Path(self.work["stacks"]).write_text(self._stack)
        yield self.child
        self.child.stdout.close()


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cell_process, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(guest_process, "SCRATCH", tmp_path / "scratch")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is cut short after a moment."""
    for name, seconds in (("TICK", 0.02), ("PATIENCE", 0.001), ("GRACE", 0.1)):
        monkeypatch.setattr(cell_process, name, seconds)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder = tmp_path / "pair-keras-3.6.0"
    return Environment(Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11"), folder, {})


@pytest.fixture
def two_cells(tmp_path: Path) -> list[CellRequest]:
    """Two cells of one case, which has a limit of 20 seconds."""
    path = tmp_path / "case.py"
    path.write_text("LIMIT = 20\n")
    return [CellRequest(Case("case", path), name) for name in ("h5", "json")]


def events_of(
    environment: Environment,
    cells: Sequence[CellRequest],
    start: FakeStart,
    import_limit: float = IMPORT_LIMIT,
) -> list[Ready | ImportFailed | CellFinished | MachineFault]:
    """The events of a process but for ticks."""
    events = run_cells(environment, cells, LIMIT, import_limit=import_limit, start=start)
    return [event for event in events if not isinstance(event, Tick)]


# ---------------------------------------------------------------- how it is started


def test_the_runner_gets_the_cells_with_their_limits(
    environment: Environment, two_cells: list[CellRequest], tmp_path: Path
) -> None:
    start = FakeStart(READY, PASS, PASS)
    events_of(environment, two_cells, start)
    work_path = tmp_path / "scratch" / environment.folder.name / "work.json"
    assert start.command == [str(environment.python), "-s", "-B", str(RUNNER), str(work_path)]
    assert start.work["module"] == "keras"
    assert start.work["cells"] == [
        {
            "case": "case",
            "path": str(tmp_path / "case.py"),
            "format": name,
            "limit": 20,
            "patience": 20 * PATIENCE,
            "keep": "",
            "saved": "",
        }
        for name in ("h5", "json")
    ]
    assert not work_path.parent.exists(), "the scratch folder is removed"


def test_each_cell_keeps_its_files_in_a_folder_of_its_own(
    environment: Environment, two_cells: list[CellRequest], tmp_path: Path
) -> None:
    start = FakeStart(READY, PASS, PASS)
    list(run_cells(environment, two_cells, LIMIT, keep=tmp_path / "kept", start=start))
    kept = [cell["keep"] for cell in start.work["cells"]]
    assert kept == [str(tmp_path / "kept" / "case" / name) for name in ("h5", "json")]


def test_the_process_sees_the_overlay_and_its_own_home(
    environment: Environment, two_cells: list[CellRequest], tmp_path: Path
) -> None:
    start = FakeStart(READY, PASS, PASS)
    list(run_cells(environment, two_cells, LIMIT, overlay=tmp_path, vary=True, start=start))
    assert start.env["PYTHONPATH"] == str(tmp_path)
    assert start.env["PYTHONHASHSEED"] == "random"
    assert start.env["HOME"] == str(tmp_path / "scratch" / environment.folder.name)
    start = FakeStart(READY, PASS, PASS)
    list(run_cells(environment, two_cells, LIMIT, start=start))
    assert "PYTHONPATH" not in start.env
    assert start.env["PYTHONHASHSEED"] == "0"


# ---------------------------------------------------------------- events


def test_every_cell_has_an_event_and_the_end_of_the_process_is_not_awaited(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    start = FakeStart(READY, START, PASS, START, PASS, is_silent=True)
    assert events_of(environment, two_cells, start) == [Ready(), PASSED, PASSED]
    assert not start.child.was_waited_for


def test_silence_is_told_by_ticks(
    environment: Environment, two_cells: list[CellRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_process, "TICK", 0.01)
    start = FakeStart(READY, START, is_silent=True)
    events = run_cells(environment, two_cells, LIMIT, start=start)
    assert [next(events), next(events), next(events)] == [Ready(), Tick(), Tick()]


def test_a_line_in_several_pieces_is_one_event(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    start = FakeStart(READY, is_silent=True)
    line = json.dumps({"event": "fault", "message": "x" * 200_000}).encode() + b"\n"

    def write() -> None:
        write_end = start.child._write_end
        os.write(write_end, line[:100])
        time.sleep(0.05)
        with os.fdopen(write_end, "wb") as file:
            file.write(line[100:])

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(Fault, match=r"^x{200000}$"):
        events_of(environment, two_cells, start)
    writer.join()


def test_a_lone_surrogate_in_a_message_does_no_harm(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    line = rb"""{"event": "cell", "result": {"outcome": "load-error", "seconds": 1,
        "error": {"type": "ValueError", "message": "\udcff!", "frames": []}}}"""
    start = FakeStart(READY, START, line.replace(b"\n", b""), START, PASS)
    _, first, second = events_of(environment, two_cells, start)
    assert isinstance(first, CellFinished)
    assert first.result.error == {"type": "ValueError", "message": "?!", "frames": []}
    assert second == PASSED


def test_a_failed_import_is_the_last_event(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    start = FakeStart({"event": "import-error", "error": IMPORT_ERROR}, is_silent=True)
    (event,) = events_of(environment, two_cells, start)
    assert isinstance(event, ImportFailed)
    assert (event.error, event.died) == (IMPORT_ERROR, False)
    assert not start.child.was_waited_for


def test_a_fault_of_the_machine_is_raised_after_the_cells_before_it(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    start = FakeStart(READY, START, PASS, START, {"event": "fault", "message": "No space left"})
    events = run_cells(environment, two_cells, LIMIT, start=start)
    assert [next(events), next(events)] == [Ready(), PASSED]
    with pytest.raises(Fault, match="No space left"):
        next(events)


def test_a_fault_in_a_cell_comes_with_what_the_cell_came_to(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    record = {"outcome": "load-error", "seconds": 2, "phase": "load"}
    fault = {"event": "fault", "message": "no memory", "result": record}
    assert events_of(environment, two_cells, FakeStart(READY, START, fault)) == [
        Ready(),
        MachineFault("no memory", CellRecord("load-error", 2.0, phase="load")),
    ]


# ---------------------------------------------------------------- the end of a process


@pytest.mark.parametrize(
    ("code", "note", "name"),
    [
        (-signal.SIGSEGV, "ended by signal SIGSEGV", "SIGSEGV"),
        (-signal.SIGABRT, "ended by signal SIGABRT", "SIGABRT"),
        (-40, "ended by signal 40", "40"),
        (7, "the interpreter exited with status 7", ""),
        (0, "the interpreter exited with status 0", ""),
    ],
)
def test_a_process_that_ends_in_a_cell_has_crashed_in_it(
    environment: Environment, two_cells: list[CellRequest], code: int, note: str, name: str
) -> None:
    start = FakeStart(READY, START, PASS, START, code=code)
    *before, last = events_of(environment, two_cells, start)
    assert before == [Ready(), PASSED]
    assert isinstance(last, CellFinished)
    assert last.result == CellRecord(
        "crash",
        0.0,
        note=note,
        error={"type": "Crash", "message": note, "frames": []},
        signal=name,
        status=max(code, 0),
    )


@pytest.mark.usefixtures("impatient")
def test_a_silent_cell_is_killed_and_has_run_into_its_limit(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    start = FakeStart(READY, START, is_silent=True)
    ready, last = events_of(environment, two_cells, start)
    assert (ready, start.child.was_killed) == (Ready(), True)
    assert isinstance(last, CellFinished)
    assert last.result == CellRecord(
        "timeout",
        20 * cell_process.PATIENCE,
        error={"type": "Timeout", "message": "no end after 20 s", "frames": []},
    )


def test_a_cell_whose_process_ended_itself_at_its_limit_has_the_stack_of_the_main_thread(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    start = FakeStart(READY, START, code=1, stack=STACK)
    _, last = events_of(environment, two_cells, start)
    assert isinstance(last, CellFinished)
    assert last.result.outcome == "timeout"
    assert last.result.error is not None
    assert last.result.error["frames"] == [
        ["keras.src.layers", "load", 8],
        ["case", "from_config", 7],
    ]


@pytest.mark.usefixtures("impatient")
def test_a_silent_import_is_a_fault(environment: Environment, two_cells: list[CellRequest]) -> None:
    start = FakeStart(is_silent=True)
    with pytest.raises(Fault, match="importing Keras took more than"):
        events_of(environment, two_cells, start, import_limit=0.2)
    assert start.child.was_killed


def test_a_process_that_ends_during_the_import_has_failed_to_import(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    (event,) = events_of(environment, two_cells, FakeStart(code=-signal.SIGILL))
    assert isinstance(event, ImportFailed)
    assert (event.error["message"], event.died) == ("ended by signal SIGILL", True)


@pytest.mark.parametrize("lines", [[], [READY], [READY, START]])
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name
)
def test_a_process_that_somebody_killed_is_a_fault(
    environment: Environment,
    two_cells: list[CellRequest],
    lines: list[Mapping[str, Any]],
    number: signal.Signals,
) -> None:
    with pytest.raises(Fault, match=f"ended by signal {number.name}") as fault:
        events_of(environment, two_cells, FakeStart(*lines, code=-number))
    assert isinstance(fault.value, CellKilled) is (START in lines)


def test_a_process_that_ends_between_two_cells_is_a_fault(
    environment: Environment, two_cells: list[CellRequest]
) -> None:
    start = FakeStart(READY, START, PASS, code=-signal.SIGSEGV)
    with pytest.raises(Fault, match="SIGSEGV between two cells"):
        events_of(environment, two_cells, start)


@pytest.mark.parametrize("lines", [[], [READY, START, PASS], [READY, START, PASS, START]])
def test_the_events_of_a_lost_process_just_end(
    environment: Environment, two_cells: list[CellRequest], lines: list[Mapping[str, Any]]
) -> None:
    events = events_of(environment, two_cells, FakeStart(*lines, kind=LostChild))
    assert events == [Ready(), PASSED][: len(events)]
    assert len(events) == (2 if lines else 0)


def test_a_cell_gets_longer_than_the_runner_needs_to_end_it() -> None:
    spare = next(
        int(line.removeprefix("SPARE = "))
        for line in RUNNER.read_text().splitlines()
        if line.startswith("SPARE = ")
    )
    assert spare < GRACE


# ---------------------------------------------------------------- with the real runner

KERAS = """
import types

__version__ = "3.6.0"
backend = types.SimpleNamespace(clear_session=lambda: None)
config = types.SimpleNamespace(disable_traceback_filtering=lambda: None)
utils = types.SimpleNamespace(set_random_seed=lambda seed: None)
"""
CASES = {
    "unsupported": "def build(keras): ...\ndef applies(keras):\n    return False\n",
    "raises": "def build(keras):\n    raise ValueError('half of a pair: \\udcff')\n",
    "no_builder": "x = 1\n",
    "asks_amiss": "def build(keras): ...\ndef applies(keras):\n    return keras.nowhere.found\n",
    "leaves": "import sys\n\n\ndef build(keras):\n    sys.exit(0)\n",
    "no_model": "LIMIT = 5\n\n\ndef build(keras):\n    return 1\n",
    "exits": "import os\ndef build(keras):\n    os._exit(7)\n",
}


@pytest.fixture
def keras_overlay(tmp_path: Path, environment: Environment) -> Path:
    """An environment with this Python, and a folder that has a stand-in for Keras."""
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    environment.python.chmod(0o755)
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "keras.py").write_text(KERAS)
    return tmp_path / "overlay"


def cells_in(folder: Path, *names: str) -> list[CellRequest]:
    for name in names:
        (folder / f"{name}.py").write_text(CASES[name])
    return [CellRequest(Case(name, folder / f"{name}.py"), "json") for name in names]


def test_the_lines_of_the_real_runner_are_understood(
    environment: Environment, tmp_path: Path, keras_overlay: Path
) -> None:
    cells = cells_in(tmp_path, "unsupported", "raises", "no_builder", "exits", "raises")
    events = [
        event
        for event in run_cells(environment, cells, LIMIT, overlay=keras_overlay)
        if not isinstance(event, Tick)
    ]
    assert events[0] == Ready()
    records = [event.result for event in events if isinstance(event, CellFinished)]
    outcomes = [record.outcome for record in records]
    assert outcomes == ["unsupported", "build-error", BAD_CASE, "crash"]
    unsupported, raises, no_builder, exits = records
    assert unsupported.note == "the case does not apply to this release"
    assert raises.error is not None
    assert raises.error["message"] == "half of a pair: ?"
    assert no_builder.note == "no_builder.py: no function build(keras)"
    assert exits.note == "the interpreter exited with status 7"


def test_faults_of_a_case_are_no_failures_of_the_release(
    environment: Environment, tmp_path: Path, keras_overlay: Path
) -> None:
    cells = cells_in(tmp_path, "asks_amiss", "leaves", "no_model", "no_builder")
    records = [
        event.result
        for event in run_cells(environment, cells, LIMIT, overlay=keras_overlay)
        if isinstance(event, CellFinished)
    ]
    assert {record.outcome for record in records} == {BAD_CASE}
    assert [record.note for record in records] == [
        "asks_amiss.py:3: applies() raises AttributeError: "
        "module 'keras' has no attribute 'nowhere'",
        "leaves.py:5: build() ends the interpreter",
        "no_model.py:4: build() returned int, not a model",
        "no_builder.py: no function build(keras)",
    ]


def test_a_keras_that_cannot_be_imported_is_told_by_the_real_runner(
    environment: Environment, tmp_path: Path, keras_overlay: Path
) -> None:
    (keras_overlay / "keras.py").write_text("import no_such_module\n")
    (event,) = (
        event
        for event in run_cells(
            environment, cells_in(tmp_path, "raises"), LIMIT, overlay=keras_overlay
        )
        if not isinstance(event, Tick)
    )
    assert isinstance(event, ImportFailed)
    assert event.error["type"] == "ModuleNotFoundError"
    assert event.error["message"] == "No module named 'no_such_module'"


def test_the_functions_that_a_case_calls_are_recorded_without_a_change_of_its_result(
    environment: Environment, tmp_path: Path, keras_overlay: Path
) -> None:
    package = keras_overlay / "keras"
    (package / "sub").mkdir(parents=True)
    (keras_overlay / "keras.py").rename(package / "__init__.py")
    (package / "sub" / "__init__.py").write_text("def at_import(): pass\nat_import()\n")
    (package / "sub" / "a.py").write_text(
        "def called():\n    raise ValueError('x')\n\n\n@staticmethod\ndef not_called():\n    pass\n"
    )
    (tmp_path / "calls.py").write_text(
        "def build(keras):\n    import keras.sub.a\n    keras.sub.a.called()\n"
    )
    cells = [CellRequest(Case("calls", tmp_path / "calls.py"), "json")]
    trace = tmp_path / "trace.txt"
    plain, traced = (
        [
            event
            for event in run_cells(environment, cells, LIMIT, overlay=keras_overlay, trace=path)
            if isinstance(event, CellFinished)
        ]
        for path in (None, trace)
    )
    assert plain[0].result.error == traced[0].result.error is not None
    calls = trace.read_text().splitlines()
    assert [call for call in calls if "/sub/" in call] == [
        "keras/sub/__init__.py:1", "keras/sub/a.py:1",
    ]  # fmt: skip
    assert len(calls) == len(set(calls))
    cached = [path.name for path in package.rglob("*.pyc")]
    assert [name.partition(".")[0] for name in cached] == ["__init__"]  # not after the start
    assert not (tmp_path / "__pycache__").exists()


def test_an_import_that_takes_too_long_is_told_apart(
    environment: Environment, tmp_path: Path, keras_overlay: Path
) -> None:
    (keras_overlay / "keras.py").write_text("import time\ntime.sleep(60)\n")
    cells = cells_in(tmp_path, "raises")
    with pytest.raises(ImportTimeout, match="importing Keras took more than 1 s"):
        list(run_cells(environment, cells, LIMIT, overlay=keras_overlay, import_limit=1.0))
