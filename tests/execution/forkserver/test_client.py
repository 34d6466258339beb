"""A forked process as its client sees it, with a thread in the place of the fork server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.execution.forkserver import client
from harness.execution.forkserver.client import LONGEST_REASON, ForkedProcess, ForkRefused
from harness.execution.forkserver.server import ForkServer
from harness.execution.guest_process import IMPORT_LIMIT
from harness.util.processes import ProcessLost

COMMAND = ["/env/bin/python", "-s", "-B", "runner.py", "work.json"]
#: No process has this id: it is above the largest that Linux gives.
NO_PID = 2**22 + 1

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there are no fork servers")


class Served:
    """What a client has sent."""

    def __init__(self) -> None:
        self.request: dict[str, Any] = {}
        self.messages: list[bytes] = []


Behaviour = Callable[[socket.socket, int], None]


@contextmanager
def server_that(behaviour: Behaviour, folder: Path) -> Iterator[tuple[ForkServer, Served]]:
    """A server that reads one request and then behaves so, with the child's standard output."""
    served = Served()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(folder / "server"))
    listener.listen(1)

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            message, (stdout, stderr), _, _ = socket.recv_fds(connection, 100_000, 2)
            served.request = json.loads(message)
            os.close(stderr)
            behaviour(connection, stdout)
            os.close(stdout)
            while message := connection.recv(16):
                served.messages.append(message)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    server = ForkServer(folder / "server", Path("/env"), Path("/python"), frozenset(), (), (), ())
    try:
        yield server, served
    finally:
        thread.join(10)
        listener.close()
        assert not thread.is_alive()


def send(connection: socket.socket, **message: Any) -> None:
    connection.send(json.dumps(message).encode())


def start(server: ForkServer, losses: list[str]) -> ForkedProcess:
    with Path(os.devnull).open("w") as log:
        return ForkedProcess.start(server, COMMAND, {"HOME": "/home"}, log, losses.append)


def test_a_child_writes_to_its_output_and_ends_with_its_status(tmp_path: Path) -> None:
    def behaviour(connection: socket.socket, stdout: int) -> None:
        send(connection, pid=NO_PID)
        os.write(stdout, b"ready\n")
        send(connection, status=7 << 8)

    losses: list[str] = []
    with server_that(behaviour, tmp_path) as (server, served):
        with start(server, losses).killed_at_exit() as process:
            assert process.stdout.read() == b"ready\n"
            assert process.wait(10) == process.returncode == 7
        assert served.request == {"command": COMMAND, "environ": {"HOME": "/home"}}
    assert losses == []


def test_a_signal_is_a_negative_exit_code(tmp_path: Path) -> None:
    def behaviour(connection: socket.socket, stdout: int) -> None:
        send(connection, pid=NO_PID)
        send(connection, status=signal.SIGSEGV)

    with (
        server_that(behaviour, tmp_path) as (server, _),
        start(server, []).killed_at_exit() as process,
    ):
        assert process.wait(10) == -signal.SIGSEGV


def test_a_child_that_goes_on_is_not_waited_for_for_ever_and_can_be_killed(tmp_path: Path) -> None:
    with (
        server_that(lambda connection, _: send(connection, pid=NO_PID), tmp_path) as (
            server,
            served,
        ),
        start(server, []).killed_at_exit() as process,
    ):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.kill()
    assert served.messages == [b"kill"]


def test_a_refusal_is_raised_with_its_reason(tmp_path: Path) -> None:
    with (
        server_that(lambda connection, _: send(connection, refused="2 threads"), tmp_path) as (
            server,
            _,
        ),
        pytest.raises(ForkRefused, match="2 threads"),
    ):
        start(server, [])


@pytest.mark.parametrize("length", [5000, 100_000])
def test_a_long_refusal_is_shortened(tmp_path: Path, length: int) -> None:
    reason = "ImportError: " + "x" * length
    with (
        server_that(lambda connection, _: send(connection, refused=reason), tmp_path) as (
            server,
            _,
        ),
        pytest.raises(ForkRefused) as refusal,
    ):
        start(server, [])
    assert str(refusal.value) == reason[: LONGEST_REASON - 1] + "…"


def test_an_answer_that_is_too_long_to_be_read_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LONGEST_ANSWER", 30)
    with (
        server_that(lambda connection, _: send(connection, refused="x" * 50), tmp_path) as (
            server,
            _,
        ),
        pytest.raises(ForkRefused, match=r'cannot be read: \{"refused": "xxxxx'),
    ):
        start(server, [])


def test_a_child_that_ends_before_it_is_ready_is_no_loss_of_the_server(tmp_path: Path) -> None:
    with (
        server_that(lambda connection, _: send(connection, status=11), tmp_path) as (server, _),
        pytest.raises(ForkRefused, match="the child ended before"),
    ):
        start(server, [])


def test_the_child_may_import_keras_before_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "REQUEST_TIMEOUT", 0.05)

    def behaviour(connection: socket.socket, stdout: int) -> None:
        time.sleep(0.3)
        send(connection, pid=NO_PID)

    with (
        server_that(behaviour, tmp_path) as (server, _),
        start(server, []).killed_at_exit() as process,
    ):
        assert process.pid == NO_PID
    assert client.ANSWER_TIMEOUT == IMPORT_LIMIT


def test_a_server_that_never_answers_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_TIMEOUT", 0.05)
    with (
        server_that(lambda *_: None, tmp_path) as (server, _),
        pytest.raises(ProcessLost, match="timed out") as loss,
    ):
        start(server, [])
    assert not isinstance(loss.value, ForkRefused)


def test_a_server_that_ends_without_an_answer_is_lost(tmp_path: Path) -> None:
    def behaviour(connection: socket.socket, stdout: int) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    with (
        server_that(behaviour, tmp_path) as (server, _),
        pytest.raises(ProcessLost, match="ended without an answer") as loss,
    ):
        start(server, [])
    assert not isinstance(loss.value, ForkRefused)


def test_a_server_that_is_not_there_is_lost(tmp_path: Path) -> None:
    server = ForkServer(tmp_path / "none", Path(), Path(), frozenset(), (), (), ())
    with pytest.raises(ProcessLost, match="No such file"):
        start(server, [])


def test_a_child_whose_server_is_gone_is_lost_and_the_loss_is_reported(tmp_path: Path) -> None:
    def behaviour(connection: socket.socket, stdout: int) -> None:
        send(connection, pid=NO_PID)
        connection.shutdown(socket.SHUT_RDWR)

    losses: list[str] = []
    with (
        server_that(behaviour, tmp_path) as (server, _),
        start(server, losses).killed_at_exit() as process,
        pytest.raises(ProcessLost),
    ):
        process.wait(10)
    assert losses == ["the fork server is gone"]
