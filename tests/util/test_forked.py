"""Work in forked processes: all of it is done, or the failure is told."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.util import forked
from harness.util.errors import Fault
from harness.util.forked import in_background, run_forked
from tests.util.test_processes import becomes_true, is_running


def writing(folder: Path, name: str) -> Callable[[], object]:
    return lambda: (folder / name).write_text(str(os.getpid()))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_task_is_done_once(tmp_path: Path, workers: int) -> None:
    run_forked([writing(tmp_path, str(number)) for number in range(20)], workers)
    assert len(list(tmp_path.iterdir())) == 20
    processes = {int(path.read_text()) for path in tmp_path.iterdir()}
    assert len(processes) <= workers
    assert (os.getpid() in processes) == (workers == 1)


def test_without_fork_the_tasks_are_done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forked, "CAN_FORK", False)
    run_forked([writing(tmp_path, "one"), writing(tmp_path, "other")])
    assert {path.read_text() for path in tmp_path.iterdir()} == {str(os.getpid())}


def test_an_exception_of_a_task_is_raised(tmp_path: Path) -> None:
    def fail() -> None:
        raise Fault("no space left")

    with pytest.raises(Fault, match="no space left"):
        run_forked([fail, *(writing(tmp_path, str(number)) for number in range(5))], 2)


def test_a_process_that_is_killed_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="ended before it was done"):
        run_forked([lambda: os._exit(3), lambda: None], 2)


def test_an_answer_comes_from_another_process() -> None:
    with in_background(lambda: {"process": os.getpid()}) as answer:
        assert answer()["process"] != os.getpid()


def test_the_work_is_done_here_where_there_is_one_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forked, "available_processors", lambda: 1)
    with in_background(os.getpid) as answer:
        assert answer() == os.getpid()


def test_the_exception_of_work_in_the_background_is_raised() -> None:
    def fail() -> None:
        raise Fault("the index is damaged")

    with pytest.raises(Fault, match="the index is damaged"), in_background(fail) as answer:
        answer()
    with (
        pytest.raises(RuntimeError, match="ended before it was done"),
        in_background(lambda: os._exit(3)) as answer,
    ):
        answer()


def test_work_for_which_nobody_waits_is_ended(tmp_path: Path) -> None:
    def work() -> None:
        time.sleep(1)
        writing(tmp_path, "late")()

    with pytest.raises(Fault, match="something else"), in_background(work):
        raise Fault("something else went wrong")
    assert not multiprocessing.active_children()
    assert not list(tmp_path.iterdir())


#: Begins work whose answer is more than a pipe holds, tells the process that does it, and waits.
PARENT = """
import multiprocessing, time
from harness.util.forked import in_background
with in_background(lambda: bytes(10_000_000)):
    print(multiprocessing.active_children()[0].pid, flush=True)
    time.sleep(60)
"""


def test_work_in_the_background_ends_with_a_parent_that_is_killed() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    assert becomes_true(lambda: not is_running(child), seconds=5)


def test_nothing_to_do_is_done() -> None:
    run_forked([])
