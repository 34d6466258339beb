"""Measure how planning, reading and the tables scale with the size of the stored history.

    python benchmarks/growth.py [TIMES ...]

Each size is a multiple of the stored history and is measured in a process of its own. A line shows
the seconds that it takes to write the results, to plan a run with nothing left to do, to read the
results, and to make the tables with their change points. After each time, in parentheses, stands
its ratio to linear growth from the first size. The last figure is the peak memory of the process.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.synthetic import repeated
from harness.analysis.histories import make_tables
from harness.cli.main import GC_THRESHOLD
from harness.cli.options import TIMEOUT
from harness.execution.request import Request
from harness.execution.run_plan import make_plan
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import FORMATS

DEFAULT_SIZES = (1, 10, 100)
Figures = dict[str, float]
Answer = TypeVar("Answer")


def measure(times: int) -> Figures:
    """Return the seconds by stage, the numbers of cells and changes, and the peak gigabytes."""
    gc.set_threshold(GC_THRESHOLD)
    figures: Figures = {}

    def timed(stage: str, work: Callable[[], Answer]) -> Answer:
        started = time.perf_counter()
        answer = work()
        figures[stage] = time.perf_counter() - started
        return answer

    with tempfile.TemporaryDirectory() as name:
        folder, rules = Path(name), PairRules(Catalogue.load())
        results, cases = repeated(times)
        pairs = [result.pair for result in results]

        def write_all() -> None:
            while results:  # frees each result, so that the peak is not that of two copies
                store.write(results.pop(), folder)

        timed("write", write_all)
        request = Request(cases, FORMATS, TIMEOUT, folder=folder)
        plan = timed("plan", lambda: make_plan(pairs, request))
        assert not plan.pairs_to_run
        stored, _ = timed("read", lambda: store.read_all(folder))
        tables = timed("tables", lambda: make_tables(stored, rules))
    figures["cells"] = len(tables.long)
    figures["changes"] = sum(len(view.changes) for view in tables.shown)
    figures["gigabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return figures


def main() -> None:
    """Measure each size and print a line for it."""
    first: Figures = {}
    for times in map(int, sys.argv[1:] or DEFAULT_SIZES):
        command = [sys.executable, __file__, "--one", str(times)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures: Figures = json.loads(answer)
        first = first or figures
        growth = figures["cells"] / first["cells"]
        stages = ", ".join(
            f"{stage} {figures[stage]:.1f} s ({figures[stage] / first[stage] / growth:.2f})"
            for stage in ("write", "plan", "read", "tables")
        )
        print(
            f"{times:4} times: {figures['cells']:.0f} cells, {figures['changes']:.0f} changes: "
            f"{stages}, {figures['gigabytes']:.1f} GB",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main()
