"""Runs a command in a sandbox, and ends all of it as soon as it exceeds its limits together.

The limits that a process has by itself count for each process alone, and not at all for the number
of root's processes. A thread therefore looks at all of them, several times a second.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

import psutil

from harness.environments.sandbox import Access, Limits, Sandbox
from harness.util.processes import child_process, kill_group

#: What is exceeded if a command takes too long by the clock, which a busy machine can cause.
OUT_OF_PATIENCE = "more time by the clock than it was given"
#: Seconds between two looks.
INTERVAL = 0.1


class Sandboxed:
    """A sandboxed command that is running; ``exceeded`` says which limit it was ended for."""

    def __init__(
        self, child: subprocess.Popen[str], folders: Sequence[Path], limits: Limits
    ) -> None:
        self.child = child
        self.exceeded = ""
        self._folders = folders
        self._limits = limits
        self._deadline = time.monotonic() + limits.patience
        self._done = Event()
        self._thread = Thread(target=self._watch, daemon=True, name="sandbox")

    @property
    def output(self) -> IO[str]:
        """Its standard output."""
        assert self.child.stdout is not None
        return self.child.stdout

    @contextmanager
    def watched(self) -> Iterator[Sandboxed]:
        """Watch it during the body, and end what is left of it afterwards."""
        self._thread.start()
        try:
            yield self
        finally:
            self._done.set()
            self._thread.join()
            self.kill()

    def kill(self) -> None:
        """End the command with everything that it has started."""
        left = self._processes()
        kill_group(self.child)  # the first process of a namespace takes all others with it
        for process in left:
            with suppress(psutil.Error, OSError):
                process.kill()

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL) and self.child.poll() is None:
            self.exceeded = self._excess()
            if self.exceeded:
                self.kill()
                return

    def _excess(self) -> str:
        """The limit that is exceeded, in words; empty if none is."""
        if time.monotonic() > self._deadline:
            return OUT_OF_PATIENCE
        tasks = memory = shared = 0
        for process in self._processes():
            with suppress(psutil.Error):
                used = process.memory_info()
                tasks += process.num_threads()
                memory += used.rss - getattr(used, "shared", 0)
                shared = max(shared, getattr(used, "shared", 0))
        if tasks > self._limits.processes:
            return f"more than {self._limits.processes} processes and threads"
        if memory + shared > self._limits.memory:
            return f"more than {self._limits.memory >> 20} MB of memory"
        if sum(map(_size_of, self._folders)) > self._limits.disk:
            return f"more than {self._limits.disk >> 20} MB of disk"
        return ""

    def _processes(self) -> list[psutil.Process]:
        """The command and all that it has started: its descendants, and those in its group."""
        found: dict[int, psutil.Process] = {}
        with suppress(psutil.Error):
            parent = psutil.Process(self.child.pid)
            found = {each.pid: each for each in [parent, *parent.children(recursive=True)]}
        for pid in psutil.pids():
            with suppress(psutil.Error, OSError):
                if pid not in found and os.getpgid(pid) == self.child.pid:
                    found[pid] = psutil.Process(pid)
        return list(found.values())


@contextmanager
def sandboxed(
    sandbox: Sandbox,
    command: Sequence[str],
    *,
    access: Access,
    limits: Limits,
    env: Mapping[str, str],
    stderr: int | IO[Any] | None = None,
) -> Iterator[Sandboxed]:
    """Start a command in a sandbox; it is ended, with all that it has started, at the end.

    ``env`` are its variables.
    """
    confined = sandbox.command(command, access, limits)
    with (
        child_process(confined, env=env, stderr=stderr, folder=access.work) as child,
        Sandboxed(child, access.writable, limits).watched() as running,
    ):
        yield running


def _size_of(folder: Path) -> int:
    """The bytes of the files in a folder; nothing where a sandbox has its own in its place."""
    size = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(root, name)).st_blocks * 512  # noqa: PTH118
    return size
