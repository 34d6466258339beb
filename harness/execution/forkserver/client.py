"""A child forked from a fork server, with the ways of a process that was started by itself."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

from harness.execution.forkserver.base import ForkServer
from harness.util.processes import ProcessLost

#: Seconds in which a fork server answers: a fork takes a few milliseconds.
PATIENCE = 10.0

Lose = Callable[[str], None]


class ForkRefused(ProcessLost):
    """The fork server is there, and has a reason not to fork."""


class ForkedProcess:
    """A child of a fork server, with the ways of a `subprocess.Popen`."""

    def __init__(self, pid: int, connection: socket.socket, stdout: IO[bytes], lose: Lose) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int = 0
        self._connection = connection
        self._lose = lose

    @classmethod
    def ask(
        cls,
        base: ForkServer,
        command: Sequence[str],
        env: Mapping[str, str],
        stderr: IO[Any],
        lose: Lose,
    ) -> ForkedProcess:
        """Have a child forked.

        Raises:
            Refused: it has a reason not to.
            Lost: the fork server is gone.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(PATIENCE)
        reading, writing = os.pipe()
        stdout = os.fdopen(reading, "rb")
        request = json.dumps({"command": list(command), "environ": dict(env)}).encode()
        try:
            connection.connect(str(base.socket))
            socket.send_fds(connection, [request], [writing, stderr.fileno()])
            answer = json.loads(connection.recv(4096) or b"null")
        except OSError as problem:
            answer = {"gone": str(problem)}
        finally:
            os.close(writing)
        if answer and "pid" in answer:
            return cls(answer["pid"], connection, stdout, lose)
        stdout.close()
        connection.close()
        if answer and "refused" in answer:
            raise ForkRefused(answer["refused"])
        raise ProcessLost(answer["gone"] if answer else "the fork server has nothing to say")

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, as that of a `subprocess.Popen`.

        Raises:
            TimeoutExpired: it runs on.
            Lost: the fork server is gone, and the child with it.
        """
        if not select.select([self._connection], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("forked", timeout or 0.0)
        try:
            told = self._connection.recv(4096)
        except OSError:
            told = b""
        if not told:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._lose("the fork server is gone")
            raise ProcessLost("the fork server is gone")
        self.returncode = os.waitstatus_to_exitcode(json.loads(told)["status"])
        return self.returncode

    def kill(self) -> None:
        """Have the child and its group killed."""
        with suppress(OSError):  # `wait` finds out
            self._connection.send(b"kill")

    @contextmanager
    def killed_in_the_end(self) -> Iterator[ForkedProcess]:
        """The fork server kills the child and its group at the latest when the connection ends."""
        try:
            yield self
        finally:
            self._connection.close()
            self.stdout.close()
