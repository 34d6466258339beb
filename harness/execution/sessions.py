"""Runs the Nox sessions of pairs, several at a time, and passes on their events."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from harness.execution.events import (
    BadCase,
    Done,
    SessionEvent,
    Stage,
    Unknown,
    decode_session_event,
)
from harness.execution.forkserver.pool import FORKSERVERS, run_folder
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.util.paths import LOGS, NOXFILE
from harness.util.processes import LIFELINE, child_process, lifeline
from harness.util.threads import submitted
from harness.util.wording import counted

#: Set for the sessions started here, which then report their events as lines on standard output.
EVENTS_VARIABLE = "KERAS_BISECT_EVENTS"
#: The Python that holds the harness's own packages, for the sessions started here.
HARNESS_PYTHON = "KERAS_BISECT_PYTHON"

OnSessionEvent = Callable[[Pair, SessionEvent], None]
SessionAnswer = TypeVar("SessionAnswer")


@dataclass(frozen=True)
class SessionReport:
    """How the session of one pair ended: its exit code, and the reason where it is not 0.

    ``problems`` describe faulty case files, each with file and line.
    """

    pair: Pair
    code: int
    reason: str = ""
    problems: tuple[str, ...] = field(default=())


def run_sessions(
    pairs: Sequence[Pair], request: Request, on_event: OnSessionEvent, *, workers: int
) -> list[SessionReport]:
    """Run the session of every pair on this machine, ``workers`` at a time.

    The newest releases come first, because they are the most likely to hold news. Pairs with the
    same TensorFlow follow each other, so that they can share a fork server. Where there are fewer
    pairs than workers, a pair runs its cells in several processes.
    """
    processes = max(1, workers // max(1, len(pairs)))
    arguments = replace(request, processes=processes).arguments()

    def session(pair: Pair) -> SessionReport:
        return run_session(pair, arguments, on_event)

    with ThreadPoolExecutor(workers) as pool:
        return run_on(pool, session, newest_first(pairs), lambda _, future: future.result())


def newest_first(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs by TensorFlow and Python, then by Keras; the newest come first."""
    return sorted(pairs, key=lambda pair: (pair.tensorflow_build, pair), reverse=True)


def run_on(
    executor: Executor,
    session: Callable[[Pair], SessionAnswer],
    pairs: Sequence[Pair],
    report_of: Callable[[Pair, Future[SessionAnswer]], SessionReport],
) -> list[SessionReport]:
    """Run ``session`` for every pair on an executor; call ``report_of`` as each of them ends.

    Any exception, an interrupt among them, cancels the sessions that have not begun, kills those
    that run on this machine, and is raised again.
    """
    with submitted(executor, session, pairs) as futures:
        return [report_of(futures[future], future) for future in as_completed(futures)]


def session_command(pair_id: str, arguments: Sequence[str]) -> list[str]:
    """The command that runs the Nox session of a pair."""
    return [
        sys.executable, "-P", "-m", "nox", "--noxfile", str(NOXFILE),
        "--session", f"pair({pair_id})", "--", *arguments,
    ]  # fmt: skip


def run_session(pair: Pair, arguments: Sequence[str], on_event: OnSessionEvent) -> SessionReport:
    """Run ``nox -s pair(ID)``, as a person would by hand, and pass on its events."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log_path = LOGS / f"session-{pair.file_name}.log"
    command = session_command(pair.id, arguments)
    env = {
        **os.environ,
        EVENTS_VARIABLE: "1",
        LIFELINE: lifeline(),
        HARNESS_PYTHON: sys.executable,
        FORKSERVERS: str(run_folder()),
    }
    reason, problems = "", []
    on_event(pair, Stage("waiting"))
    with log_path.open("w") as log, child_process(command, env=env, stderr=log) as child:
        assert child.stdout is not None
        for line in child.stdout:
            event = decode_session_event(line)
            match event:
                case None:
                    continue
                case Unknown():
                    reason = event.reason
                case BadCase():
                    problems.append(event.note)
            on_event(pair, event)
        code = child.wait()
    if code and not reason:
        wrong = counted(len(problems), "cell") + " not known, as case files are wrong"
        reason = wrong if problems else _last_line(log_path)
    on_event(pair, Done(code))
    return SessionReport(pair, code, reason, tuple(problems))


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "the session ended without a message"
