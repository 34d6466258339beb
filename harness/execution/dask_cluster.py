"""Runs the sessions of pairs on the workers of a ``dask.distributed`` scheduler.

A worker has a checkout of its own, in whose folder it was started, and shares no files with this
one. It runs the ordinary session there and sends back the content of the result file.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from harness.execution.cases import all_cases, code_digests
from harness.execution.events import (
    Done,
    SessionEvent,
    Stage,
    session_event_as_dict,
    session_event_from_dict,
)
from harness.execution.request import Request
from harness.execution.sessions import (
    OnSessionEvent,
    SessionReport,
    newest_first,
    run_on,
    run_session,
)
from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult, loads
from harness.results.merge import LocatedResult, merge_into_store
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import ROOT

if TYPE_CHECKING:
    from distributed import Client


class WorkerReply(NamedTuple):
    """What a worker sends back: how its session ended, and the content of the result file.

    ``where`` names the worker by host and folder. ``content`` is empty where there is no file.
    """

    code: int
    reason: str
    problems: tuple[str, ...]
    content: bytes
    where: str


def scheduler_address(text: str) -> str:
    """The scheduler's address in ``dask=ADDRESS``.

    Raises:
        UsageError: the text does not have this form.
    """
    kind, _, address = text.partition("=")
    if kind != "dask" or not address:
        raise UsageError(f"{text!r} is no executor; give dask=tcp://HOST:PORT of a scheduler")
    return address


def run_on_cluster(
    address: str, pairs: Sequence[Pair], request: Request, on_event: OnSessionEvent
) -> list[SessionReport]:
    """Run the session of every pair on a worker; each result is stored here as it arrives.

    Raises:
        UsageError: the package is not installed, or the address is not one.
        OSError: there is no scheduler at the address.
    """
    topic = f"keras-bisect-{uuid4().hex}"
    replies = ReplyCollector(request, on_event)
    with _client(address) as client:
        client.subscribe_topic(topic, replies.follow)
        # Not pure: dask must not reuse the answer to the same request from an earlier run.
        executor: Executor = client.get_executor(pure=False)
        session = partial(session_on_worker, request.arguments(), topic)
        return run_on(executor, session, newest_first(pairs), replies.take)


def _client(address: str) -> AbstractContextManager[Client]:
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            f"--executor needs one more package: {sys.executable} -m pip install distributed"
        ) from None
    try:
        return Client(address)
    except ValueError as error:
        raise UsageError(str(error)) from None


def session_on_worker(arguments: Sequence[str], topic: str, pair: Pair) -> WorkerReply:
    """Run the session of a pair in the worker's own checkout; dask calls this on the worker."""
    from distributed import get_worker

    worker = get_worker()

    def on_event(pair: Pair, event: SessionEvent) -> None:
        worker.log_event(topic, {"pair": pair.id, "event": session_event_as_dict(event)})

    report = run_session(pair, arguments, on_event)
    path = store.path_of(pair)
    content = path.read_bytes() if path.exists() else b""
    where = f"{socket.gethostname()}:{ROOT}"
    return WorkerReply(report.code, report.reason, report.problems, content, where)


@dataclass
class ReplyCollector:
    """Merges the replies of workers into the results of this checkout."""

    request: Request
    on_event: OnSessionEvent
    _done: set[Pair] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def follow(self, message: tuple[float, dict[str, Any]]) -> None:
        """Pass on an event of a session on a worker, unless it arrives after the session's end."""
        _, content = message
        pair, event = Pair.parse(content["pair"]), session_event_from_dict(content["event"])
        with self._lock:
            if pair not in self._done and not isinstance(event, Done):
                self.on_event(pair, event)

    def take(self, pair: Pair, future: Future[WorkerReply]) -> SessionReport:
        """Store the result that a worker sent; the pair stays unknown where it cannot be used."""
        report = self._report(pair, future)
        with self._lock:
            self._done.add(pair)
            self.on_event(pair, Stage("storing"))
            self.on_event(pair, Done(report.code))
        return report

    def _report(self, pair: Pair, future: Future[WorkerReply]) -> SessionReport:
        try:
            reply = future.result()
        except Exception as error:  # another machine can fail in any way
            message = str(error) or "the scheduler has dropped the task"
            return SessionReport(
                pair, ExitCode.UNKNOWN, f"no answer: {type(error).__name__}: {message}"
            )
        try:
            reason = self._store(pair, reply)
        except DamagedResult as problem:
            reason = str(problem)
        if reason:
            reason = f"from {reply.where}: {reason}"
        code = reply.code or (ExitCode.UNKNOWN if reason else ExitCode.KNOWN)
        return SessionReport(pair, code, reason or reply.reason, reply.problems)

    def _store(self, pair: Pair, reply: WorkerReply) -> str:
        """Merge a reply into the stored result.

        Returns why the reply or a part of it is not merged; empty where all of it is.

        Raises:
            DamagedResult: the result file of the worker cannot be trusted.
        """
        if not reply.content:
            return ""
        result = loads(reply.content, store.path_of(pair).name)
        if reply.code == ExitCode.KNOWN and self.request.unknown_in(result):
            return (
                "the worker has other code of a case, of the runner or of the installation rules, "
                "or is another kind of machine"
            )
        rerun_cells = {cell.key for cell in self.request.cells} if self.request.rerun else set()
        merge = merge_into_store(
            pair,
            [LocatedResult(result, reply.where)],
            code_digests(all_cases()),
            self.request.folder,
            replacing=rerun_cells,
        )
        if not merge.contradictions:
            return ""
        contradictions = "\n".join(map(str, merge.contradictions))
        return (
            f"it contradicts the stored result, which stays; run it with --rerun:\n{contradictions}"
        )
