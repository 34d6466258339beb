"""Sessions of pairs on the workers of a ``dask.distributed`` scheduler.

A worker has a checkout of its own, from whose folder it was started, and shares no files with this
one. It runs the ordinary session there and hands back the content of the result file.
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
from harness.execution.sessions import OnSessionEvent, SessionReport, run_on, run_session
from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult, loads
from harness.results.merge import ContradictionError, LocatedResult, merge_into_store
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import ROOT

if TYPE_CHECKING:
    from distributed import Client


class WorkerReply(NamedTuple):
    """How the session on a worker ended, the content of its result file, and the worker's place."""

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
        OSError: nobody answers at the address.
    """
    topic = f"keras-bisect-{uuid4().hex}"
    replies = ReplyCollector(request, on_event)
    with _client(address) as client:
        client.subscribe_topic(topic, replies.follow)
        # Not pure: the same request can have another answer now.
        executor: Executor = client.get_executor(pure=False)
        session = partial(session_on_worker, request.arguments(), topic)
        return run_on(executor, session, pairs, replies.take)


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
    """Run the session in the worker's own checkout; this is called on the worker."""
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
    """Takes the replies of workers into the results of this checkout."""

    request: Request
    on_event: OnSessionEvent
    _done: set[Pair] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def follow(self, message: tuple[float, dict[str, Any]]) -> None:
        """Pass on an event of a session on a worker, which can arrive late."""
        _, content = message
        pair, event = Pair.parse(content["pair"]), session_event_from_dict(content["event"])
        with self._lock:
            if pair not in self._done and not isinstance(event, Done):
                self.on_event(pair, event)

    def take(self, pair: Pair, future: Future[WorkerReply]) -> SessionReport:
        """Store what a worker found about a pair; a wrong reply leaves the pair unknown."""
        report = self._report(pair, future)
        with self._lock:
            self._done.add(pair)
            self.on_event(pair, Stage("storing"))
            self.on_event(pair, Done(report.code))
        return report

    def _report(self, pair: Pair, future: Future[WorkerReply]) -> SessionReport:
        try:
            reply = future.result()
        except Exception as error:  # whatever can happen on another machine
            message = str(error) or "the scheduler has let it go"
            return SessionReport(
                pair, ExitCode.UNKNOWN, f"no answer: {type(error).__name__}: {message}"
            )
        try:
            reason = self._store(pair, reply)
        except (DamagedResult, ContradictionError) as problem:
            reason = str(problem)
        if reason:
            reason = f"from {reply.where}: {reason}"
        code = reply.code or (ExitCode.UNKNOWN if reason else ExitCode.KNOWN)
        return SessionReport(pair, code, reason or reply.reason, reply.problems)

    def _store(self, pair: Pair, reply: WorkerReply) -> str:
        """Merge the reply into the stored result; return why it does not answer the request.

        Raises:
            DamagedResult: the result file of the worker is not whole.
            ContradictionError: it contradicts what is stored here.
        """
        if not reply.content:
            return ""
        theirs = loads(reply.content, store.path_of(pair).name)
        if reply.code == ExitCode.KNOWN and self.request.unknown_in(theirs):
            return "other code of a case, the runner or the environments there, or another machine"
        asked_again = {cell.key for cell in self.request.cells} if self.request.rerun else set()
        merge_into_store(
            pair,
            [LocatedResult(theirs, reply.where)],
            code_digests(all_cases()),
            self.request.folder,
            replacing=asked_again,
        )
        return ""
