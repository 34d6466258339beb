"""Child processes, which end when the run that started them ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from harness.util.paths import ROOT
from harness.util.processes import (
    LIFELINE,
    child_process,
    disown,
    interrupt_on_signals,
    is_alive,
    kill_children,
    lifeline,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
#: A process that starts another one, prints its id and waits for it.
WITH_GRANDCHILD = """\
import subprocess, sys
sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
grandchild = subprocess.Popen(sleep)
print(grandchild.pid, flush=True)
grandchild.wait()
"""
#: A process that watches its ancestors, and says when it does.
WATCHING = """\
import time
from harness.util.processes import exit_with_ancestors
exit_with_ancestors()
print("watching", flush=True)
time.sleep(60)
"""


def becomes_true(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie, which nobody may have reaped yet."""
    listing = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(listing) and not listing.startswith("Z")


def read_line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def test_the_output_of_a_child_can_be_read() -> None:
    with child_process([sys.executable, "-c", "print('hello')"]) as child:
        output, _ = child.communicate()
    assert output == "hello\n"
    assert child.returncode == 0


def test_a_child_is_killed_with_its_children_on_leaving_the_context() -> None:
    with child_process([sys.executable, "-c", WITH_GRANDCHILD]) as child:
        grandchild = int(read_line(child))
        assert is_running(grandchild)
    assert child.returncode == -signal.SIGKILL
    assert becomes_true(lambda: not is_running(grandchild))


def test_a_child_is_killed_when_the_block_raises() -> None:
    with pytest.raises(KeyError), child_process(SLEEP) as child:
        raise KeyError
    assert not is_alive(child.pid)


def test_all_children_can_be_killed_at_once() -> None:
    with child_process(SLEEP) as one, child_process(SLEEP) as other:
        kill_children()
        assert [one.wait(20), other.wait(20)] == [-signal.SIGKILL] * 2


def test_a_disowned_child_goes_on() -> None:
    with child_process(SLEEP) as child:
        disown(child)
        kill_children()
    try:
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_a_lifeline_names_this_process_and_its_ancestors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LIFELINE, raising=False)
    assert lifeline() == str(os.getpid())
    monkeypatch.setenv(LIFELINE, "12,34")
    assert lifeline() == f"12,34,{os.getpid()}"


def test_a_process_ends_when_an_ancestor_in_its_lifeline_ends() -> None:
    with child_process(SLEEP) as ancestor:
        env = {**os.environ, LIFELINE: str(ancestor.pid), "PYTHONPATH": str(ROOT)}
        with child_process([sys.executable, "-c", WATCHING], env=env) as watcher:
            assert read_line(watcher) == "watching"
            time.sleep(1)
            assert watcher.poll() is None
            ancestor.kill()
            ancestor.wait()
            assert watcher.wait(20) == 130


def test_a_process_that_starts_after_an_ancestor_has_ended_ends_at_once() -> None:
    """Nox can be killed while the Python that it started is not up yet."""
    with child_process([sys.executable, "-c", ""]) as ancestor:
        ancestor.wait()
    env = {**os.environ, LIFELINE: str(ancestor.pid), "PYTHONPATH": str(ROOT)}
    with child_process([sys.executable, "-c", WATCHING], env=env) as watcher:
        assert watcher.wait(20) == 130


def test_a_process_that_has_ended_is_not_alive() -> None:
    with child_process([sys.executable, "-c", ""]) as child:
        child.wait()
    assert not is_alive(child.pid)
    assert is_alive(os.getpid())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_interrupts_the_run(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)}
    signal.signal(number, signal.SIG_DFL)
    try:
        interrupt_on_signals()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
            time.sleep(5)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        interrupt_on_signals()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
