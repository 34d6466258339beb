"""Stages of a computation, timed for histories of several sizes, each in a process of its own."""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from harness.cli.main import GC_THRESHOLD

#: Multiples of the stored history.
DEFAULT_SIZES = (1, 10, 100)
#: The option with which a benchmark measures one size, and prints the figures as JSON.
ONE = "--one"
Figures = dict[str, float]
Answer = TypeVar("Answer")


class Stages:
    """The seconds by stage, and other figures."""

    def __init__(self) -> None:
        self.figures: Figures = {}
        gc.set_threshold(GC_THRESHOLD)

    def timed(self, stage: str, work: Callable[[], Answer]) -> Answer:
        """Do a part of the work, and note how long it took."""
        started = time.perf_counter()
        answer = work()
        self.figures[stage] = time.perf_counter() - started
        return answer


def run(program: str, measure: Callable[[int], Figures], counts: Sequence[str]) -> None:
    """Print a line for each size: ``counts``, the seconds of each stage, and the peak memory.

    The first of ``counts`` tells how much larger a history is. After each time, in parentheses,
    stands its ratio to linear growth from the first size.
    """
    if sys.argv[1:2] == [ONE]:
        measured = measure(int(sys.argv[2]))
        measured["gigabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps(measured))
        return
    first: Figures = {}
    for times in map(int, sys.argv[1:] or DEFAULT_SIZES):
        command = [sys.executable, program, ONE, str(times)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures: Figures = json.loads(answer)
        first = first or figures
        growth = figures[counts[0]] / first[counts[0]]
        stages = ", ".join(
            f"{stage} {seconds:.1f} s ({seconds / first[stage] / growth:.2f})"
            for stage, seconds in figures.items()
            if stage not in (*counts, "gigabytes")
        )
        numbers = ", ".join(f"{figures[count]:.0f} {count}" for count in counts)
        print(f"{times:4} times: {numbers}: {stages}, {figures['gigabytes']:.1f} GB", flush=True)
