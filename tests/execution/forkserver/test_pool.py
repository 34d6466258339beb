"""The fork servers of a run: which processes use one, which are stopped, and the run's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.environments.builder import Environment
from harness.execution.forkserver import pool
from harness.execution.forkserver.client import ForkedProcess, ForkRefused
from harness.execution.forkserver.pool import (
    FORKSERVERS,
    MAX_SERVERS,
    OWN,
    ProcessStarter,
    inherited_folder,
    process_starter,
)
from harness.execution.forkserver.server import ForkServer
from harness.execution.pair_processes import FEW_CASES, starter_for
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.util.processes import ProcessLost
from tests import recorded

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.18.1_py3.11")
EXIT = [sys.executable, "-c", "raise SystemExit(5)"]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    facts = {"installed": ["keras==3.6.0", "numpy==2.0.2"]}
    return Environment(PAIR, tmp_path / "environment", facts)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run, on a system with fork servers."""
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def server_in(folder: Path, name: str = "server") -> ForkServer:
    description = folder / f"{name}.json"
    description.write_text("{}")
    return ForkServer(folder / name, folder, folder, frozenset(), (), (), ())


# ---------------------------------------------------------------- starting a process


@pytest.mark.parametrize(
    ("failure", "is_still_offered"),
    [(ForkRefused("2 threads"), True), (ProcessLost("connection refused"), False)],
)
def test_where_the_fork_server_fails_the_process_is_started_directly(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: ProcessLost,
    is_still_offered: bool,
) -> None:
    requests = []

    def fail(*arguments: object) -> ForkedProcess:
        requests.append(arguments)
        raise failure

    monkeypatch.setattr(ForkedProcess, "start", fail)
    server = server_in(folder)
    starter = ProcessStarter(server)
    for _ in range(2):
        with Path(os.devnull).open("w") as log, starter(EXIT, env=None, stderr=log) as child:
            assert child.wait() == 5
    assert len(requests) == 1, "it is not asked again"
    assert (starter.started, starter.lost_server) == (OWN, True)
    assert server.description.exists() is is_still_offered
    assert capsys.readouterr().err == f"own processes from here on: {failure}\n"


def test_without_a_fork_server_nothing_is_lost() -> None:
    starter = ProcessStarter(None)
    with Path(os.devnull).open("w") as log, starter(EXIT, env=None, stderr=log) as child:
        assert child.wait() == 5
    assert (starter.started, starter.lost_server) == (OWN, False)


def test_only_a_request_of_few_cases_that_repeats_nothing_uses_a_fork_server(
    folder: Path, environment: Environment, starts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FORKSERVERS, str(folder))
    cases = recorded.cases()
    many = Request(cases[: FEW_CASES + 1], ["json"], 1.0)
    for request in (
        many, replace(many, cases=cases[:1], vary=True), replace(many, cases=cases[:1], prune=True),
        replace(many, cases=cases[:1], fork_server=False),
    ):  # fmt: skip
        starter_for(request, environment)
    assert starts == []
    starter_for(replace(many, cases=cases[:FEW_CASES]), environment)
    assert starts == [PAIR.id]


# ---------------------------------------------------------------- finding a fork server


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pairs for which a fork server is started, which always fails."""
    pairs: list[str] = []

    def fail(folder: Path, environment: Environment, folders_before: object) -> None:
        pairs.append(environment.pair.id)
        raise ProcessLost("it did not get ready")

    monkeypatch.setattr(pool, "_start_server", fail)
    return pairs


def test_a_fork_server_that_cannot_be_started_is_tried_once(
    folder: Path, environment: Environment, starts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert process_starter(environment, [], folder).started == OWN
    assert starts == [PAIR.id]
    assert capsys.readouterr().err == "no fork server: it did not get ready\n"


def test_what_a_fork_server_writes_goes_into_a_log(
    folder: Path, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = tmp_path / "logs"
    monkeypatch.setattr(pool, "LOGS", logs)
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text("#!/bin/sh\necho cannot import; exit 1\n")
    environment.python.chmod(0o755)
    assert process_starter(environment, [], folder).started == OWN
    (log,) = logs.iterdir()
    assert log.read_text() == "cannot import\n"


def test_other_keras_releases_share_a_failure_and_other_dependencies_do_not(
    folder: Path, environment: Environment, starts: list[str]
) -> None:
    process_starter(environment, [], folder)
    other_keras = Environment(
        PAIR, environment.folder, {"installed": ["keras==3.7.0", "numpy==2.0.2", "optree==0.1"]}
    )
    process_starter(other_keras, [], folder)
    assert len(starts) == 1
    other_numpy = Environment(
        PAIR, environment.folder, {"installed": ["keras==3.6.0", "numpy==2.0.1"]}
    )
    process_starter(other_numpy, [], folder)
    assert len(starts) == 2


def test_a_variant_and_a_run_without_a_folder_start_no_fork_server(
    folder: Path, environment: Environment, starts: list[str]
) -> None:
    variant = Pair.parse(f"{PAIR.id}+numpy==1.26.4")
    process_starter(Environment(variant, environment.folder, environment.facts), [], folder)
    process_starter(environment, [], None)
    assert starts == []


def test_one_more_fork_server_stops_the_one_that_was_used_longest_ago(folder: Path) -> None:
    servers = [server_in(folder, str(number)) for number in range(MAX_SERVERS + 1)]
    for age, server in enumerate(servers):
        os.utime(server.description, (1000 - age, 1000 - age))
    pool._stop_least_recently_used(folder)
    remaining = [server.description.exists() for server in servers]
    assert remaining == [True] * (MAX_SERVERS - 1) + [False] * 2


def test_few_fork_servers_are_all_kept(folder: Path) -> None:
    servers = [server_in(folder, str(number)) for number in range(MAX_SERVERS - 1)]
    pool._stop_least_recently_used(folder)
    assert all(server.description.exists() for server in servers)


# ---------------------------------------------------------------- the folder of a run


def test_a_session_inherits_the_folder_of_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FORKSERVERS, raising=False)
    assert inherited_folder() is None
    monkeypatch.setenv(FORKSERVERS, "/tmp/run")
    assert inherited_folder() == Path("/tmp/run")


def test_the_folder_of_a_run_replaces_those_of_dead_runs_and_ends_with_it(tmp_path: Path) -> None:
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    dead, living = (tmp_path / f"keras-bisect-{pid}-x" for pid in (finished.pid, os.getpid()))
    dead.mkdir()
    living.mkdir()
    program = """
from harness.execution.forkserver.pool import run_folder
folder = run_folder()
assert run_folder() == folder
assert (folder / "alive").is_fifo()
print(folder)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    folder = Path(done.stdout.strip())
    assert folder.parent == tmp_path
    assert not folder.exists()
    assert not dead.exists()
    assert living.exists()
