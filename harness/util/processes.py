"""Child processes that never outlive the run that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

#: The environment variable with the ids of the ancestors that a process must not outlive,
#: separated by commas.
LIFELINE = "KERAS_BISECT_LIFELINE"
#: How often a process looks whether its ancestors are alive.
POLL_SECONDS = 0.3


class ProcessLost(Exception):
    """It is unknown how a child ended, because the process that started it is gone.

    This says nothing about the child itself.
    """


class Child(Protocol):
    """The part of `subprocess.Popen` that is needed to read a child's output and to end it."""

    returncode: Any

    @property
    def stdout(self) -> IO[Any] | None:
        """Its standard output."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return its `returncode`."""

    def kill(self) -> None:
        """Kill it."""


class StartProcess(Protocol):
    """A function that starts a child, such as `child_process`."""

    def __call__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None, stderr: IO[Any]
    ) -> AbstractContextManager[Child]:
        """A child that is killed on leaving the context, together with its own children."""


#: The children to kill when this process ends.
_running: set[subprocess.Popen[str]] = set()
_lock = threading.Lock()


@contextmanager
def child_process(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[Any] | None = subprocess.PIPE,
    stderr: int | IO[Any] | None = None,
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Start a child in a process group of its own; kill the group on leaving the context.

    ``folder`` is its working directory, by default that of this process.
    """
    with _lock:
        child = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            errors="replace",
            cwd=folder,
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
    """Let a child outlive this process; another process is responsible for it from now on."""
    with _lock:
        _running.discard(child)


def kill_group(child: subprocess.Popen[str]) -> None:
    """Kill a child and everything else in its process group, which may outlive the child."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        if child.returncode is None:
            child.kill()


def kill_children() -> None:
    """Kill all children of this process that were not disowned."""
    with _lock:
        for child in _running:
            kill_group(child)


def lifeline() -> str:
    """The value of `LIFELINE` for a child: this process and the ancestors that it depends on."""
    ancestors = os.environ.get(LIFELINE)
    return f"{ancestors},{os.getpid()}" if ancestors else str(os.getpid())


def exit_with_ancestors() -> None:
    """End this process and its children as soon as its parent or a process in `LIFELINE` is gone.

    A signal reaches only one process of a chain, and a process killed by SIGKILL cannot pass it on.
    Nox, which is in the chain, does not help either. Each process therefore polls, in a thread.
    """
    parent = os.getppid()
    ancestors = [int(pid) for pid in os.environ.get(LIFELINE, "").split(",") if pid]

    def watch() -> None:
        while os.getppid() == parent and all(map(is_alive, ancestors)):
            time.sleep(POLL_SECONDS)
        kill_children()
        os._exit(130)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def interrupt_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the run as Ctrl-C does, unless they are ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, signal.default_int_handler)


def is_alive(pid: int) -> bool:
    """Whether there is a process with this id, of any user."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
