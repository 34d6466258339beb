"""The same pairs run in one place, in shards and on a cluster, through Nox, on real releases."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from distributed import Client

from harness.results import store
from harness.results.compare import compare_results
from harness.results.model import Result
from harness.util.errors import ExitCode
from harness.util.paths import RESULTS
from tests.conftest import Checkout, processes_in

PAIRS = ["--keras=>=3.7,<3.9", "--tensorflow=2.18.0"]
CELLS = ["--case=good", "--case=counts", "--format=keras", "--format=h5"]
SLOWEST = RESULTS / "keras-2.2.0_tensorflow-1.8.0_py3.6.json"


class Clone(Checkout):
    """A git clone of a checkout."""

    def __init__(self, origin: Checkout, folder: Path) -> None:
        git(folder.parent, "clone", "--quiet", str(origin.folder), str(folder))
        self.folder = folder


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True)


def committed(checkout: Checkout) -> Checkout:
    (checkout.folder / ".gitignore").write_text("__pycache__/\n.nox/\n")
    git(checkout.folder, "init", "--quiet")
    git(checkout.folder, "add", "--all")
    git(checkout.folder, "commit", "--quiet", "--message", "All")
    return checkout


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    checkout = Checkout(tmp_path_factory.mktemp("origin"))
    checkout.use_cases("good", "counts")
    return committed(checkout)


@pytest.fixture(scope="module")
def unsharded(origin: Checkout, tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    clone = Clone(origin, tmp_path_factory.mktemp("unsharded") / "clone")
    code, output = clone.nox("matrix", *PAIRS, *CELLS)
    assert code == ExitCode.KNOWN, output
    return store.read_all(clone.results)[0]


def assert_equal(checkout: Checkout, expected: list[Result]) -> None:
    found, damaged = store.read_all(checkout.results)
    assert damaged == []
    assert [each.pair for each in found] == [each.pair for each in expected]
    assert all(not each.outcome for each in found)
    assert compare_results(found, expected) == (2 * 2 * 2, [])


@pytest.mark.real
def test_two_shards_in_two_clones_merged_are_the_unsharded_run(
    origin: Checkout, unsharded: list[Result], tmp_path: Path
) -> None:
    clones = [Clone(origin, tmp_path / str(number)) for number in (1, 2)]
    runs = [
        clone.start("matrix", *PAIRS, *CELLS, "-j1", f"--shard={number}/2")
        for number, clone in enumerate(clones, 1)
    ]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [ExitCode.KNOWN, ExitCode.KNOWN], outputs
    assert sorted(len(list(clone.results.glob("*.json"))) for clone in clones) == [1, 1]
    assert len({split_of(output) for output in outputs}) == 1
    merged = Clone(origin, tmp_path / "merged")
    code, output = merged.nox("merge", *(str(clone.folder) for clone in clones))
    assert code == ExitCode.KNOWN, output
    assert_equal(merged, unsharded)


@pytest.mark.real
def test_a_worker_that_is_killed_costs_nothing(
    origin: Checkout, unsharded: list[Result], tmp_path: Path
) -> None:
    here, *there = (Clone(origin, tmp_path / name) for name in ("here", "one", "two"))
    with scheduler(here) as address, worker(there[0], address), worker(there[1], address) as victim:
        run = here.start("matrix", *PAIRS, *CELLS, f"--executor=dask={address}")
        until(lambda: at_work(there[0]) and at_work(there[1]))
        os.killpg(victim.pid, signal.SIGKILL)
        output, _ = run.communicate(timeout=300)
    assert run.returncode == ExitCode.KNOWN, output
    assert_equal(here, unsharded)
    assert len(list(there[0].results.glob("*.json"))) == 2
    assert not list(there[1].results.glob("*.json"))
    assert not list((here.folder / ".nox").glob("pair-*"))


def test_an_interrupt_takes_the_pairs_back(origin: Checkout, tmp_path: Path) -> None:
    here = Clone(origin, tmp_path / "here")
    with scheduler(here) as address, Client(address) as watcher:
        run = here.start("matrix", *PAIRS, *CELLS, f"--executor=dask={address}")
        until(lambda: tasks_of(watcher) == 2)
        os.killpg(run.pid, signal.SIGINT)
        output, _ = run.communicate(timeout=20)
        assert run.returncode == ExitCode.INTERRUPTED, output
        until(lambda: tasks_of(watcher) == 0)


@contextmanager
def scheduler(checkout: Checkout) -> Iterator[str]:
    file = checkout.folder / "scheduler.json"
    with started(checkout, "scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard",
                 f"--scheduler-file={file}"):  # fmt: skip
        until(file.exists)
        yield json.loads(file.read_text())["address"]


@contextmanager
def worker(checkout: Checkout, address: str) -> Iterator[subprocess.Popen[str]]:
    with started(checkout, "worker", address, "--nthreads=1", "--no-dashboard") as process:
        yield process


@contextmanager
def started(checkout: Checkout, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = checkout.start("dask", *arguments)
    try:
        yield process
    finally:
        with process:
            os.killpg(process.pid, signal.SIGKILL)


def until(happened: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def at_work(checkout: Checkout) -> bool:
    return any("/.nox/pair-" in line for line in processes_in(checkout.folder))


def tasks_of(client: Client) -> int:
    count: int = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
    return count


def split_of(output: str) -> str:
    """The fingerprint of the split that a shard is one of."""
    match = re.search(r"^shard \d/2 of split (\w+): \d of \d pairs, ", output, re.MULTILINE)
    assert match is not None, output
    return match[1]


def test_what_a_checkout_has_run_since_changes_no_shard(origin: Checkout, tmp_path: Path) -> None:
    clone = Clone(origin, tmp_path / "clone")
    clone.results.mkdir(parents=True)
    for path in (SLOWEST, *RESULTS.glob("keras-3.6.0_*_py3.11.json")):
        shutil.copy(path, clone.results)
    asked = ["--keras=>=2.2.0,<2.2.5", "--shard=1/2", "--list"]
    fresh = clone.nox("matrix", *asked)[1]
    assert ": 3 of 5 pairs, " in fresh and "from 0 committed results" in fresh
    git(clone.folder, "add", "reports")
    git(clone.folder, "commit", "--quiet", "--message", "Results")
    known = clone.nox("matrix", *asked)[1]
    assert ": 1 of 5 pairs, " in known and SLOWEST.stem in known
    (clone.results / SLOWEST.name).unlink()
    assert split_of(clone.nox("matrix", *asked)[1]) == split_of(known) != split_of(fresh)


def test_a_shard_without_pairs_is_no_error(origin: Checkout, tmp_path: Path) -> None:
    code, output = Clone(origin, tmp_path / "clone").nox("matrix", *PAIRS, "--shard=4/4")
    assert code == ExitCode.KNOWN
    assert "shard 4/4 of split" in output and ": 0 of 2 pairs" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shard=5/4"], "'5/4' is no shard; the shards of four are 1/4, 2/4, 3/4 and 4/4"),
        (["--executor=dask"], "'dask' is no executor; give dask=tcp://HOST:PORT"),
        (["--executor=dask=nowhere"], "missing port number in address 'nowhere'"),
        (["--executor=dask=tcp://127.0.0.1:1", "-j2"], "--nthreads"),
    ],
)
def test_a_wrong_request_is_refused(
    origin: Checkout, tmp_path: Path, arguments: list[str], said: str
) -> None:
    code, output = Clone(origin, tmp_path / "clone").nox("matrix", *PAIRS, *arguments)
    assert code == ExitCode.USAGE
    assert said in output
