"""A process forked by a fork server, with the interface of a process started directly."""

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

from harness.execution.forkserver.server import ForkServer
from harness.execution.guest_process import IMPORT_LIMIT
from harness.util.escaping import shortened
from harness.util.processes import ProcessLost

#: Seconds until a fork server must have taken a request, which it does between two forks.
REQUEST_TIMEOUT = 10.0
#: Seconds to wait for its answer: the child may import Keras before it answers.
ANSWER_TIMEOUT = IMPORT_LIMIT
#: Bytes of the longest answer that can be read; Linux sends messages of up to 208 KiB by default.
LONGEST_ANSWER = 1 << 18
#: Characters of a refusal that are kept: it goes into a log.
LONGEST_REASON = 2000

OnServerGone = Callable[[str], None]


class ForkRefused(ProcessLost):
    """The fork server is running, and has a reason not to fork."""


class ForkedProcess:
    """A child of a fork server, as much like a `subprocess.Popen` as `Child` asks for.

    ``on_server_gone`` is called with the reason where the fork server ends before the child.
    """

    def __init__(
        self,
        pid: int,
        connection: socket.socket,
        stdout: IO[bytes],
        on_server_gone: OnServerGone,
    ) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int = 0
        self._connection = connection
        self._on_server_gone = on_server_gone

    @classmethod
    def start(
        cls,
        server: ForkServer,
        command: Sequence[str],
        env: Mapping[str, str],
        stderr: IO[Any],
        on_server_gone: OnServerGone,
    ) -> ForkedProcess:
        """Ask a fork server for a child that runs a command.

        Raises:
            ForkRefused: the fork server has a reason not to fork, or its child ended too early.
            ProcessLost: the fork server is gone.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(REQUEST_TIMEOUT)
        read_end, write_end = os.pipe()
        stdout = os.fdopen(read_end, "rb")
        request = json.dumps({"command": list(command), "environ": dict(env)}).encode()
        try:
            connection.connect(str(server.socket))
            socket.send_fds(connection, [request], [write_end, stderr.fileno()])
            connection.settimeout(ANSWER_TIMEOUT)
            pid = _pid_in(connection.recv(LONGEST_ANSWER))
        except (OSError, ProcessLost) as problem:
            stdout.close()
            connection.close()
            if isinstance(problem, ProcessLost):
                raise
            raise ProcessLost(str(problem)) from problem
        finally:
            os.close(write_end)
        return cls(pid, connection, stdout, on_server_gone)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the child; return the exit code as `subprocess.Popen` does.

        Raises:
            TimeoutExpired: the child is still running after ``timeout`` seconds.
            ProcessLost: the fork server is gone, and the child with it.
        """
        if not select.select([self._connection], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("forked", timeout or 0.0)
        try:
            message = self._connection.recv(4096)
        except OSError:
            message = b""
        if not message:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._on_server_gone("the fork server is gone")
            raise ProcessLost("the fork server is gone")
        self.returncode = os.waitstatus_to_exitcode(json.loads(message)["status"])
        return self.returncode

    def kill(self) -> None:
        """Have the fork server kill the child and its process group."""
        with suppress(OSError):  # the fork server is gone, which `wait` reports
            self._connection.send(b"kill")

    @contextmanager
    def killed_at_exit(self) -> Iterator[ForkedProcess]:
        """Close the connection on the way out, whereupon the fork server kills the child."""
        try:
            yield self
        finally:
            self._connection.close()
            self.stdout.close()


def _pid_in(answer: bytes) -> int:
    """The id of the child that a fork server has answered with.

    Raises:
        ForkRefused: it has answered something else.
        ProcessLost: it has closed the connection.
    """
    if not answer:
        raise ProcessLost("the fork server ended without an answer")
    try:
        message = json.loads(answer)
    except ValueError:  # longer than can be read
        text = answer[:LONGEST_REASON].decode(errors="replace")
        raise ForkRefused(f"an answer that cannot be read: {text}…") from None
    if "pid" in message:
        return int(message["pid"])
    if "status" in message:
        raise ForkRefused("the child ended before it could run its program")
    raise ForkRefused(shortened(str(message.get("refused", message)), LONGEST_REASON))
