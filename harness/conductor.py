"""The conductor: decides which pairs are wanted and not yet known, and runs their sessions."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.cases import Case
from harness.pairs import Pair
from harness.paths import LOGS, ROOT
from harness.processes import LIFELINE, kill_all, lifeline, running

#: Set for the sessions of a conductor: they tell their stages as JSON lines on standard output.
EVENTS = "KERAS_BISECT_EVENTS"
#: The Python that holds the harness's own packages, for the sessions below this one.
HARNESS_PYTHON = "KERAS_BISECT_PYTHON"

Tell = Callable[[Pair, dict[str, Any]], None]


@dataclass(frozen=True)
class Request:
    """What is asked of every pair."""

    cases: Sequence[Case]
    formats: Sequence[str]
    limit: float
    wheel: str | None = None
    rerun: bool = False
    prune: bool = False

    def arguments(self) -> list[str]:
        """The request as the options of a ``pair`` session."""
        options = [f"--timeout={self.limit:g}"]
        options += [f"--case={case.name}" for case in self.cases]
        options += [f"--format={name}" for name in self.formats]
        if self.wheel:
            options.append(f"--wheel={self.wheel}")
        return options + ["--rerun"] * self.rerun + ["--prune"] * self.prune


@dataclass(frozen=True)
class Report:
    """How the session of one pair ended: its exit code, and the reason where it is not 0."""

    pair: Pair
    code: int
    reason: str = ""
    problems: tuple[str, ...] = field(default=())


def run_pairs(
    pairs: Sequence[Pair],
    request: Request,
    tell: Tell,
    *,
    workers: int,
    executor: Executor | None = None,
) -> list[Report]:
    """Run the session of every pair, ``workers`` at a time; return how each ended.

    ``executor`` may be any that runs a function in this process's file system; without it a pool
    of threads waits for the sessions. An interrupt kills the sessions and goes on up.
    """
    pool = executor or ThreadPoolExecutor(workers)
    futures: list[Future[Report]] = [
        pool.submit(run_session, pair, request, tell) for pair in pairs
    ]
    try:
        return [future.result() for future in as_completed(futures)]
    except BaseException:
        for future in futures:
            future.cancel()
        kill_all()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def run_session(pair: Pair, request: Request, tell: Tell) -> Report:
    """Run ``nox -s pair(ID)`` as anybody could by hand, and follow what it tells."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log_path = LOGS / f"session-{pair.id}.log"
    command = [
        sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"),
        "--session", f"pair({pair.id})", "--", *request.arguments(),
    ]  # fmt: skip
    env = {**os.environ, EVENTS: "1", LIFELINE: lifeline(), HARNESS_PYTHON: sys.executable}
    reason, problems = "", []
    tell(pair, {"stage": "waiting"})
    with log_path.open("w") as log, running(command, env=env, stderr=log) as child:
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
    return Report(pair, code, reason, tuple(problems))


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "stage" in event else None


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "the session ended without a word"
