"""The cluster: sessions of pairs on the workers of a ``dask.distributed`` scheduler.

A worker has a checkout of its own, from whose folder it was started, and shares no files with this
one. It runs the ordinary session there and hands back the text of the result file.
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

from harness.execution.cases import all_cases
from harness.execution.run_pair import Request
from harness.execution.sessions import OnSessionEvent, SessionReport, run_on, run_session
from harness.releases.pair_rules import Pair
from harness.results import store as results
from harness.results.merge import ContradictionError, LocatedResult, merge_into_store
from harness.results.store import DamagedResult
from harness.util.errors import ExitCode, UsageError
from harness.util.paths import ROOT

if TYPE_CHECKING:
    from distributed import Client


class WorkerReply(NamedTuple):
    """What a worker hands back: how the session ended, its result file, and the worker's place."""

    code: int
    reason: str
    problems: tuple[str, ...]
    content: bytes
    where: str


def address_of(text: str) -> str:
    """The scheduler's address in ``dask=ADDRESS``.

    Raises:
        UsageProblem: it is not of this form.
    """
    kind, _, address = text.partition("=")
    if kind != "dask" or not address:
        raise UsageError(f"{text!r} is no executor; give dask=tcp://HOST:PORT of a scheduler")
    return address


def run_on_cluster(
    address: str, pairs: Sequence[Pair], request: Request, tell: OnSessionEvent
) -> list[SessionReport]:
    """Run the session of every pair on a worker; each result is stored here as it comes.

    Raises:
        UsageProblem: the package is not installed, or the address not one.
        OSError: nobody answers at the address.
    """
    topic = f"keras-bisect-{uuid4().hex}"
    taker = ReplyCollector(request, tell)
    with _client(address) as client:
        client.subscribe_topic(topic, taker.follow)
        # Not pure: what was asked before may have another answer now.
        executor: Executor = client.get_executor(pure=False)
        session = partial(session_there, request.arguments(), topic)
        return run_on(executor, session, pairs, taker.take)


def _client(address: str) -> AbstractContextManager[Client]:
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            f"--executor needs a package more: {sys.executable} -m pip install distributed"
        ) from None
    try:
        return Client(address)
    except ValueError as error:
        raise UsageError(str(error)) from None


def session_there(arguments: Sequence[str], topic: str, pair: Pair) -> WorkerReply:
    """What is run on a worker: the session in the worker's own checkout."""
    from distributed import get_worker

    worker = get_worker()

    def tell(pair: Pair, event: dict[str, Any]) -> None:
        worker.log_event(topic, {"pair": pair.id, **event})

    report = run_session(pair, arguments, tell)
    path = results.path_of(pair)
    content = path.read_bytes() if path.exists() else b""
    where = f"{socket.gethostname()}:{ROOT}"
    return WorkerReply(report.code, report.reason, report.problems, content, where)


@dataclass
class ReplyCollector:
    """Takes the answers of workers into the results of this checkout."""

    request: Request
    tell: OnSessionEvent
    _done: set[Pair] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def follow(self, event: tuple[float, dict[str, Any]]) -> None:
        """Tell what a session on a worker told at some moment; it can come late."""
        _, told = event
        pair = Pair.parse(told["pair"])
        with self._lock:
            if pair not in self._done and told["stage"] != "done":
                self.tell(pair, told)

    def take(self, pair: Pair, future: Future[WorkerReply]) -> SessionReport:
        """Store what a worker made of a pair; whatever is wrong with it leaves the pair unknown."""
        report = self._report(pair, future)
        with self._lock:
            self._done.add(pair)
            self.tell(pair, {"stage": "storing"})
            self.tell(pair, {"stage": "done", "code": report.code})
        return report

    def _report(self, pair: Pair, future: Future[WorkerReply]) -> SessionReport:
        try:
            answer = future.result()
        except Exception as error:  # whatever can happen on another machine
            told = str(error) or "the scheduler has let it go"
            return SessionReport(
                pair, ExitCode.UNKNOWN, f"no answer: {type(error).__name__}: {told}"
            )
        try:
            reason = self._store(pair, answer)
        except (DamagedResult, ContradictionError) as problem:
            reason = str(problem)
        if reason:
            reason = f"from {answer.where}: {reason}"
        code = answer.code or (ExitCode.UNKNOWN if reason else ExitCode.KNOWN)
        return SessionReport(pair, code, reason or answer.reason, answer.problems)

    def _store(self, pair: Pair, answer: WorkerReply) -> str:
        """Join the answer into what is stored; return why it is not what was asked for, if so.

        Raises:
            DamagedResult: the result file of the worker is not whole.
            Contradicted: it contradicts what is stored here.
        """
        if not answer.content:
            return ""
        theirs = results.loads(answer.content, results.path_of(pair).name)
        asked = self.request
        if answer.code == ExitCode.KNOWN and theirs.missing(
            asked.cases, asked.formats, asked.limit, asked.wheel
        ):
            return "other code of a case, the runner or the environments there, or another machine"
        digests = {case.name: case.digest for case in all_cases()}
        anew = {(case.name, name) for case, name in asked.cells} if asked.rerun else set()
        merge_into_store(pair, [LocatedResult(theirs, answer.where)], digests, asked.folder, anew)
        return ""
