"""Work shared by processes that are forked from this one, and so have all that it has.

A thread of this process may hold a lock at the fork, and nobody then releases it in the child. The
other threads of this process only draw progress and wait for the end of its parent, so shared work
must not print.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar, cast

from harness.util.processes import exit_with_ancestors

#: Elsewhere, a process that has started threads cannot be forked safely.
CAN_FORK = sys.platform == "linux"
#: Tasks are handed out as single bytes.
_MOST_TASKS = 256

Task = Callable[[], object]
Answer = TypeVar("Answer")


def available_processors() -> int:
    """How many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def in_background(work: Callable[[], Answer]) -> Iterator[Callable[[], Answer]]:
    """Do some work in another process; gives a function that waits for its answer.

    That function raises what the work has raised, or `RuntimeError` if its process has ended. If it
    is not called, the work is stopped on leaving the context. Without another processor, the
    function itself does the work.
    """
    if not CAN_FORK or available_processors() < 2:
        yield work
        return
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(work, sender), daemon=True)
    _start(process)
    sender.close()

    def answer() -> Answer:
        found, failure = _received(receiver)
        if failure is not None:
            raise failure
        return cast(Answer, found)

    try:
        yield answer
    finally:
        process.terminate()
        process.join()
        receiver.close()


def _answer(work: Callable[[], object], sender: Connection) -> None:
    """In a child: send the answer and None, or None and the exception."""
    _depend_on_parent()
    message: tuple[object, Exception | None]
    try:
        message = work(), None
    except Exception as error:
        message = None, error
    sender.send(message)


def run_forked(tasks: Sequence[Task], workers: int | None = None) -> None:
    """Run tasks in several processes, each as soon as one is free, in their order.

    What a task returns or changes in memory is lost: it is there for what it writes. The default
    for ``workers`` is the number of processors.

    Raises:
        Exception: what a task has raised; other tasks may not have been begun.
        RuntimeError: a process ended before its task.
    """
    workers = min(workers or available_processors(), len(tasks))
    if not CAN_FORK or workers < 2 or len(tasks) > _MOST_TASKS:
        for task in tasks:
            task()
        return
    numbers, write_end = os.pipe()
    os.write(write_end, bytes(range(len(tasks))))
    os.close(write_end)
    context = multiprocessing.get_context("fork")
    running = []
    try:
        for _ in range(workers):
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(tasks, numbers, sender))
            _start(process)
            sender.close()
            running.append((process, receiver))
        failures = [_received(receiver)[1] for _, receiver in running]
    except BaseException:  # an interrupt among them
        for process, _ in running:
            process.terminate()
        raise
    finally:
        os.close(numbers)
        for process, receiver in running:
            receiver.close()
            process.join()
    for failure in failures:
        if failure is not None:
            raise failure


def _start(process: BaseProcess) -> None:
    with warnings.catch_warnings():  # about threads, for which see above
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()


def _work(tasks: Sequence[Task], numbers: int, sender: Connection) -> None:
    """In a child: run what nobody else has begun; send the exception that ends it, or None."""
    _depend_on_parent()
    try:
        while number := os.read(numbers, 1):
            tasks[number[0]]()
    except Exception as error:
        os.read(numbers, _MOST_TASKS)  # nobody begins another one
        sender.send((None, error))
    else:
        sender.send((None, None))


def _depend_on_parent() -> None:
    """In a child: end with the parent, or when it says so; interrupts are for the parent alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    exit_with_ancestors()
    parent = multiprocessing.parent_process()
    if parent is None or os.getppid() != parent.pid:
        os._exit(130)  # it was gone before it could be watched


def _received(receiver: Connection) -> tuple[object, Exception | None]:
    """The answer of a child, and what it has raised."""
    with suppress(EOFError):
        message: tuple[object, Exception | None] = receiver.recv()
        return message
    return None, RuntimeError("a process that shared the work ended before it was done")
