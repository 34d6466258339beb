"""Calls that run in threads and start child processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from contextlib import contextmanager
from typing import TypeVar

from harness.util.processes import POLL_SECONDS, kill_children

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@contextmanager
def submitted(
    executor: Executor, function: Callable[[Item], Answer], items: Iterable[Item]
) -> Iterator[dict[Future[Answer], Item]]:
    """Call a function on an executor for each item; yield the futures with their items.

    Any exception in the body, an interrupt among them, cancels the calls that have not begun. The
    children of this process are killed until the other calls have ended: one of them may be about
    to start a child.
    """
    futures = {executor.submit(function, item): item for item in items}
    try:
        yield futures
    except BaseException:
        running = [future for future in futures if not future.cancel()]
        while wait(running, timeout=POLL_SECONDS).not_done:
            kill_children()
        raise
