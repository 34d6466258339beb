"""What is taken from workers, with results that real runs left and failures as dask raises them."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed.core import Status
from distributed.scheduler import KilledWorker, WorkerState

from harness.execution.cases import all_cases
from harness.execution.dask_cluster import ReplyCollector, WorkerReply
from harness.execution.events import Done, SessionEvent, Stage, session_event_as_dict
from harness.execution.request import Request
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import FORMATS, Result
from harness.util.errors import ExitCode
from harness.util.paths import RESULTS

RECORDED = RESULTS / "keras-3.6.0_tensorflow-2.17.0_py3.11.json"
PAIR = Pair.parse(RECORDED.stem)
KEY = ("interleaved_dense", "keras")
WHERE = "host:/somewhere"
LAST = WorkerState(
    address="tcp://127.0.0.1:1", status=Status.running, pid=1, name="one", memory_limit=0,
    local_directory="", nanny=None, server_id="",
)  # fmt: skip


def with_cell(**changed: Any) -> Result:
    result = store.read(RECORDED)
    return replace(result, cells={**result.cells, KEY: replace(result.cells[KEY], **changed)})


def answer(
    folder: Path, result: Result | None = None, code: int = 0, reason: str = ""
) -> WorkerReply:
    """The answer of a worker that has this result, or the recorded one."""
    path = store.write(result, folder / "there") if result else RECORDED
    return WorkerReply(code, reason, (), path.read_bytes(), WHERE)


def taken(folder: Path, given: WorkerReply | Exception, *, rerun: bool = False) -> SessionReport:
    request = Request(all_cases(), FORMATS, 1.0, rerun=rerun, folder=folder)
    future: Future[WorkerReply] = Future()
    if isinstance(given, Exception):
        future.set_exception(given)
    else:
        future.set_result(given)
    told: list[SessionEvent] = []
    taker = ReplyCollector(request, lambda _, event: told.append(event))
    taker.follow((0.0, {"pair": PAIR.id, "event": session_event_as_dict(Stage("importing"))}))
    report = taker.take(PAIR, future)
    taker.follow((0.0, {"pair": PAIR.id, "event": session_event_as_dict(Stage("running"))}))
    assert told == [Stage("importing"), Stage("storing"), Done(report.code)]
    return report


def test_the_result_of_a_worker_is_stored_as_it_is(tmp_path: Path) -> None:
    assert taken(tmp_path, answer(tmp_path)) == SessionReport(PAIR, ExitCode.KNOWN)
    assert (tmp_path / RECORDED.name).read_bytes() == RECORDED.read_bytes()


def test_a_part_of_a_result_is_stored_and_its_reason_told(tmp_path: Path) -> None:
    whole = store.read(RECORDED)
    part = replace(whole, cells={KEY: whole.cells[KEY]})
    report = taken(tmp_path, answer(tmp_path, part, ExitCode.UNKNOWN, "no space left"))
    assert report == SessionReport(PAIR, ExitCode.UNKNOWN, "no space left")
    assert store.read(tmp_path / RECORDED.name) == part


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KilledWorker("session", LAST, 3), "no answer: KilledWorker: Attempted to run task"),
        (CancelledError(), "no answer: CancelledError"),
        (ModuleNotFoundError("No module named 'harness'"), "No module named 'harness'"),
    ],
)
def test_a_pair_that_no_worker_answers_for_is_not_known(
    tmp_path: Path, error: Exception, told: str
) -> None:
    report = taken(tmp_path, error)
    assert (report.code, told in report.reason) == (ExitCode.UNKNOWN, True)
    assert not list(tmp_path.iterdir())


def test_a_worker_with_other_code_is_told_and_not_trusted(tmp_path: Path) -> None:
    report = taken(tmp_path, answer(tmp_path, with_cell(digest="of other code")))
    assert report.code == ExitCode.UNKNOWN
    assert report.reason.startswith(f"from {WHERE}: other code of a case")
    assert not (tmp_path / RECORDED.name).exists()


def test_a_damaged_result_is_not_stored(tmp_path: Path) -> None:
    content = RECORDED.read_bytes()[:5000]
    report = taken(tmp_path, WorkerReply(0, "", (), content, WHERE))
    assert (report.code, "cannot be trusted" in report.reason) == (ExitCode.UNKNOWN, True)


def test_a_contradiction_is_told_but_for_what_was_to_be_run_again(tmp_path: Path) -> None:
    store.write(with_cell(outcome="pass", error=None), tmp_path)
    report = taken(tmp_path, answer(tmp_path))
    assert report.code == ExitCode.UNKNOWN
    assert f"load-error ValueError in {WHERE}" in report.reason
    assert store.read(tmp_path / RECORDED.name).cells[KEY].outcome == "pass"
    assert taken(tmp_path, answer(tmp_path), rerun=True) == SessionReport(PAIR, ExitCode.KNOWN)
    assert (tmp_path / RECORDED.name).read_bytes() == RECORDED.read_bytes()
