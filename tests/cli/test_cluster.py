"""``matrix --executor``: the pairs run on the workers of a Dask scheduler."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from distributed import Client

from harness.execution.dask_cluster import run_on_cluster
from harness.execution.request import Request
from harness.results.model import Result
from harness.util.errors import ExitCode, UsageError
from tests.cli.clones import CELLS, PAIRS, Clone, MakeClone, assert_same_results
from tests.conftest import Checkout, processes_in, wait_until


@contextmanager
def dask(checkout: Checkout, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A session ``dask`` that runs while the body does, and is killed after it."""
    process = checkout.start("dask", *arguments)
    try:
        yield process
    finally:
        with process:
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def scheduler(checkout: Checkout) -> Iterator[str]:
    """The address of a scheduler that runs while the body does."""
    file = checkout.folder / "scheduler.json"
    with dask(checkout, "scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard",
              f"--scheduler-file={file}"):  # fmt: skip
        wait_until(file.exists)
        yield json.loads(file.read_text())["address"]


@contextmanager
def worker(checkout: Checkout, address: str) -> Iterator[subprocess.Popen[str]]:
    """A worker, in its own checkout, that runs while the body does."""
    with dask(checkout, "worker", address, "--nthreads=1", "--no-dashboard") as process:
        yield process


def runs_a_pair(checkout: Checkout) -> bool:
    return any("/.nox/pair-" in line for line in processes_in(checkout.folder))


def number_of_tasks(client: Client) -> int:
    count: int = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
    return count


@pytest.mark.real
def test_the_pairs_of_a_killed_worker_are_run_by_another(
    clone: MakeClone, origin: Checkout, tmp_path: Path, unsharded: list[Result]
) -> None:
    conductor = Clone(origin, tmp_path / "conductor")
    survivor, victim = clone("survivor"), clone("victim")
    with (
        scheduler(conductor) as address,
        worker(survivor, address),
        worker(victim, address) as victim_process,
    ):
        run = conductor.start("matrix", *PAIRS, *CELLS, f"--executor=dask={address}")
        wait_until(lambda: runs_a_pair(survivor) and runs_a_pair(victim))
        os.killpg(victim_process.pid, signal.SIGKILL)
        output, _ = run.communicate(timeout=300)
    assert run.returncode == ExitCode.KNOWN, output
    assert_same_results(conductor, unsharded)
    assert len(list(survivor.results.glob("*.json"))) == 2
    assert not list(victim.results.glob("*.json"))
    assert not list((conductor.folder / ".nox").glob("pair-*"))


def test_an_interrupt_takes_the_pairs_back(origin: Checkout, tmp_path: Path) -> None:
    conductor = Clone(origin, tmp_path / "conductor")
    with scheduler(conductor) as address, Client(address) as observer:
        run = conductor.start("matrix", *PAIRS, *CELLS, f"--executor=dask={address}")
        wait_until(lambda: number_of_tasks(observer) == 2)
        os.killpg(run.pid, signal.SIGINT)
        output, _ = run.communicate(timeout=20)
        assert run.returncode == ExitCode.INTERRUPTED, output
        wait_until(lambda: number_of_tasks(observer) == 0)


def test_an_address_without_a_port_is_refused() -> None:
    request = Request([], [], limit=1.0)
    with pytest.raises(UsageError, match="missing port number in address 'nowhere'"):
        run_on_cluster("nowhere", [], request, lambda pair, event: None)
