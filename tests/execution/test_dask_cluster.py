"""The replies of dask workers, with recorded results and with failures as dask raises them."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed.core import Status
from distributed.scheduler import KilledWorker, WorkerState

from harness.execution import dask_cluster
from harness.execution.dask_cluster import ReplyCollector, WorkerReply, scheduler_address
from harness.execution.events import Done, SessionEvent, Stage, session_event_as_dict
from harness.execution.request import Request
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import FORMATS, Result
from harness.util.errors import ExitCode, UsageError
from tests import recorded

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
RECORDED = recorded.path(PAIR.id)
KEY = ("interleaved_dense", "keras")
WHERE = "host:/somewhere"
LAST_WORKER = WorkerState(
    address="tcp://127.0.0.1:1", status=Status.running, pid=1, name="one", memory_limit=0,
    local_directory="", nanny=None, server_id="",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _recorded_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The code that is present is that of the recorded results."""
    monkeypatch.setattr(dask_cluster, "all_cases", recorded.cases)
    monkeypatch.setattr(store, "LOCKS", tmp_path / "locks")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The folder of the results here."""
    return tmp_path / "results"


def result_with(**changes: Any) -> Result:
    """The recorded result with some fields of one cell changed."""
    result = recorded.result(PAIR.id)
    return replace(result, cells={**result.cells, KEY: replace(result.cells[KEY], **changes)})


def reply_with(
    folder: Path, result: Result | None = None, code: int = 0, reason: str = ""
) -> WorkerReply:
    """The reply of a worker that has this result, or the recorded one."""
    path = store.write(result, folder / "of the worker") if result else RECORDED
    return WorkerReply(code, reason, (), path.read_bytes(), WHERE)


def report_of(
    results: Path, reply: WorkerReply | Exception, *, rerun: bool = False
) -> SessionReport:
    """Collect a reply; the events of the session are passed on until it has ended."""
    request = Request(recorded.cases(), FORMATS, 1.0, rerun=rerun, folder=results)
    future: Future[WorkerReply] = Future()
    if isinstance(reply, Exception):
        future.set_exception(reply)
    else:
        future.set_result(reply)
    events: list[SessionEvent] = []
    collector = ReplyCollector(request, lambda _, event: events.append(event))
    for event in (Stage("importing"), Done(ExitCode.KNOWN)):
        collector.follow((0.0, {"pair": PAIR.id, "event": session_event_as_dict(event)}))
    report = collector.take(PAIR, future)
    late = session_event_as_dict(Stage("running"))
    collector.follow((0.0, {"pair": PAIR.id, "event": late}))
    assert events == [Stage("importing"), Stage("storing"), Done(report.code)]
    return report


def test_the_result_of_a_worker_is_stored_as_it_is(tmp_path: Path, results: Path) -> None:
    assert report_of(results, reply_with(tmp_path)) == SessionReport(PAIR, ExitCode.KNOWN)
    assert (results / RECORDED.name).read_bytes() == RECORDED.read_bytes()


def test_a_part_of_a_result_is_stored_and_its_reason_reported(
    tmp_path: Path, results: Path
) -> None:
    whole = recorded.result(PAIR.id)
    part = replace(whole, cells={KEY: whole.cells[KEY]})
    reply = reply_with(tmp_path, part, ExitCode.UNKNOWN, "no space left")
    report = report_of(results, reply)
    assert report == SessionReport(PAIR, ExitCode.UNKNOWN, "no space left")
    assert store.read(results / RECORDED.name) == part


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KilledWorker("session", LAST_WORKER, 3), "no answer: KilledWorker: Attempted to run task"),
        (CancelledError(), "no answer: CancelledError: the scheduler has dropped the task"),
        (ModuleNotFoundError("No module named 'harness'"), "No module named 'harness'"),
    ],
)
def test_a_pair_without_a_reply_is_not_known(results: Path, error: Exception, reason: str) -> None:
    report = report_of(results, error)
    assert report.code == ExitCode.UNKNOWN
    assert reason in report.reason
    assert not results.exists()


def test_a_reply_without_a_result_file_keeps_the_reason_of_the_session(results: Path) -> None:
    report = report_of(results, WorkerReply(ExitCode.UNKNOWN, "no network", (), b"", WHERE))
    assert report == SessionReport(PAIR, ExitCode.UNKNOWN, "no network")
    assert not results.exists()


def test_the_result_of_a_worker_with_other_code_is_refused(tmp_path: Path, results: Path) -> None:
    report = report_of(results, reply_with(tmp_path, result_with(digest="of other code")))
    assert report.code == ExitCode.UNKNOWN
    assert report.reason.startswith(f"from {WHERE}: the worker has other code of a case")
    assert not (results / RECORDED.name).exists()


def test_a_damaged_result_is_not_stored(results: Path) -> None:
    content = RECORDED.read_bytes()[:5000]
    report = report_of(results, WorkerReply(0, "", (), content, WHERE))
    assert report.code == ExitCode.UNKNOWN
    assert "cannot be trusted" in report.reason
    assert not results.exists()


def test_a_contradiction_is_reported_and_the_rest_is_stored(tmp_path: Path, results: Path) -> None:
    stored = result_with(outcome="pass", error=None)
    store.write(replace(stored, cells={KEY: stored.cells[KEY]}), results)
    report = report_of(results, reply_with(tmp_path))
    assert report.code == ExitCode.UNKNOWN
    assert f"load-error ValueError in {WHERE}" in report.reason
    assert store.read(results / RECORDED.name) == stored


def test_cells_that_were_to_be_run_again_cannot_contradict(tmp_path: Path, results: Path) -> None:
    store.write(result_with(outcome="pass", error=None), results)
    report = report_of(results, reply_with(tmp_path), rerun=True)
    assert report == SessionReport(PAIR, ExitCode.KNOWN)
    assert (results / RECORDED.name).read_bytes() == RECORDED.read_bytes()


def test_an_executor_is_dask_and_an_address() -> None:
    assert scheduler_address("dask=tcp://host:8786") == "tcp://host:8786"
    for text in ("dask", "dask=", "ray=tcp://host:1", ""):
        with pytest.raises(UsageError, match="is no executor"):
            scheduler_address(text)
