"""Calls in threads: what an exception does to those that wait, run, or are about to start."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

import pytest

from harness.util.processes import child_process
from harness.util.threads import submitted

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def sleep_in_a_child() -> int:
    with child_process(SLEEP) as child:
        return child.wait()


def test_each_future_has_its_item() -> None:
    with ThreadPoolExecutor(2) as pool, submitted(pool, abs, [-1, -2, -3]) as futures:
        answers = {futures[future]: future.result() for future in as_completed(futures)}
    assert answers == {-1: 1, -2: 2, -3: 3}


def test_calls_that_have_not_begun_are_cancelled() -> None:
    begun: list[int] = []

    def call(number: int) -> None:
        begun.append(number)
        if number > 1:
            sleep_in_a_child()

    with (
        pytest.raises(KeyboardInterrupt),
        ThreadPoolExecutor(1) as pool,
        submitted(pool, call, [1, 2, 3]) as futures,
    ):
        next(as_completed(futures)).result()
        raise KeyboardInterrupt
    assert begun in ([1], [1, 2])


def test_a_child_that_is_started_after_the_exception_is_killed_as_well() -> None:
    may_start = Event()

    def call(seconds: float) -> int:
        may_start.wait()
        time.sleep(seconds)
        return sleep_in_a_child()

    started = time.monotonic()
    with pytest.raises(OSError, match="no space"), ThreadPoolExecutor(2) as pool:  # noqa: SIM117
        with submitted(pool, call, [0, 0.5]):
            may_start.set()
            raise OSError("no space")
    assert time.monotonic() - started < 30
