"""The conductor: runs the sessions of pairs, several at a time, and follows what they tell."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from packaging.version import Version

from harness.execution.forkserver.pool import FORKSERVERS, run_folder
from harness.execution.run_pair import Request
from harness.releases.pair_rules import Pair
from harness.util.paths import LOGS, ROOT
from harness.util.processes import LIFELINE, child_process, kill_children, lifeline

#: Set for the sessions of a conductor: they tell their stages as JSON lines on standard output.
EVENTS = "KERAS_BISECT_EVENTS"
#: The Python that holds the harness's own packages, for the sessions below this one.
HARNESS_PYTHON = "KERAS_BISECT_PYTHON"

OnSessionEvent = Callable[[Pair, dict[str, Any]], None]
T = TypeVar("T")


@dataclass(frozen=True)
class SessionReport:
    """How the session of one pair ended: its exit code, and the reason where it is not 0."""

    pair: Pair
    code: int
    reason: str = ""
    problems: tuple[str, ...] = field(default=())


def run_sessions(
    pairs: Sequence[Pair], request: Request, tell: OnSessionEvent, *, workers: int
) -> list[SessionReport]:
    """Run the session of every pair here, ``workers`` at a time; return how each ended.

    Pairs with one TensorFlow come one after the other, for they may have one fork server.
    """

    def session(pair: Pair) -> SessionReport:
        return run_session(pair, request.arguments(), tell)

    with ThreadPoolExecutor(workers) as pool:
        return run_on(pool, session, sorted(pairs, key=base_of), lambda _, future: future.result())


def base_of(pair: Pair) -> tuple[Version, str]:
    """What pairs must have in common to be forked from one fork server."""
    return pair.tensorflow, pair.python


def run_on(
    executor: Executor,
    session: Callable[[Pair], T],
    pairs: Sequence[Pair],
    take: Callable[[Pair, Future[T]], SessionReport],
) -> list[SessionReport]:
    """Run ``session`` for every pair on an executor, and take each answer as soon as it is there.

    An interrupt cancels what has not begun, kills the sessions of this process and goes on up.
    """
    futures = {executor.submit(session, pair): pair for pair in pairs}
    try:
        return [take(futures[future], future) for future in as_completed(futures)]
    except BaseException:
        for future in futures:
            future.cancel()
        kill_children()
        raise


def run_session(pair: Pair, arguments: Sequence[str], tell: OnSessionEvent) -> SessionReport:
    """Run ``nox -s pair(ID)`` as anybody could by hand, and follow what it tells."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log_path = LOGS / f"session-{pair.file_name}.log"
    command = [
        sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"),
        "--session", f"pair({pair.id})", "--", *arguments,
    ]  # fmt: skip
    env = {
        **os.environ, EVENTS: "1", LIFELINE: lifeline(), HARNESS_PYTHON: sys.executable,
        FORKSERVERS: str(run_folder()),
    }  # fmt: skip
    reason, problems = "", []
    tell(pair, {"stage": "waiting"})
    with log_path.open("w") as log, child_process(command, env=env, stderr=log) as child:
        assert child.stdout is not None
        for line in child.stdout:
            event = _event(line)
            if event is None:
                continue
            reason = event.get("reason", reason)
            if event["stage"] == "bad-case":
                problems.append(event["note"])
            tell(pair, event)
        code = child.wait()
    if code and not reason:
        reason = _last_line(log_path)
    tell(pair, {"stage": "done", "code": code})
    return SessionReport(pair, code, reason, tuple(problems))


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "stage" in event else None


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "the session ended without a word"
