"""Child processes that never outlive the run that wanted them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Any, Protocol

#: Process ids, separated by commas, that a process of this run ends with.
LIFELINE = "KERAS_BISECT_LIFELINE"
POLL_SECONDS = 0.3


class ProcessLost(Exception):
    """Whoever started a child cannot say how it ended; it says nothing of the child."""


class Child(Protocol):
    """What is needed of a child by whoever listens to it; `subprocess.Popen` has it."""

    returncode: Any

    @property
    def stdout(self) -> IO[Any] | None:
        """Its standard output."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return what `returncode` then is."""

    def kill(self) -> None:
        """Kill it."""


class StartProcess(Protocol):
    """A way of starting a child; `child_process` is one."""

    def __call__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None, stderr: IO[Any]
    ) -> AbstractContextManager[Child]:
        """A child that is killed with all its children on the way out."""


_running: set[subprocess.Popen[str]] = set()
_lock = threading.Lock()


@contextmanager
def child_process(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[Any] | None = subprocess.PIPE,
    stderr: int | IO[Any] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A child in a process group of its own, killed with all its children on the way out."""
    with _lock:
        child = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        _running.add(child)
    try:
        yield child
    finally:
        if child in _running:
            kill_group(child)
            child.wait()
            disown(child)
        if child.stdout is not None:
            child.stdout.close()


def disown(child: subprocess.Popen[str]) -> None:
    """Let a child go on when this process ends; somebody else answers for it now."""
    with _lock:
        _running.discard(child)


def kill_group(child: subprocess.Popen[str]) -> None:
    """Kill the child and everything in its group, which may outlive it."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        if child.returncode is None:
            child.kill()


def kill_children() -> None:
    """Kill every child of this process at once."""
    with _lock:
        for child in _running:
            kill_group(child)


def lifeline() -> str:
    """What to put into a child's environment, so that it ends when this process or ours ends."""
    return ",".join(filter(None, (os.environ.get(LIFELINE), str(os.getpid()))))


def exit_with_ancestors() -> None:
    """End this process and its children as soon as its parent or a lifeline is gone.

    A signal reaches only one process of a chain, and SIGKILL tells nobody; the chain runs through
    Nox, which is not ours. So everybody watches, every `POLL_SECONDS`.
    """
    parent = os.getppid()
    others = [int(pid) for pid in os.environ.get(LIFELINE, "").split(",") if pid]

    def watch() -> None:
        while os.getppid() == parent and all(map(is_alive, others)):
            time.sleep(POLL_SECONDS)
        kill_children()
        os._exit(130)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def interrupt_on_signals() -> None:
    """SIGTERM and SIGHUP end the run as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, signal.default_int_handler)


def is_alive(pid: int) -> bool:
    """Whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
