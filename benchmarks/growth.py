"""Measure how planning, reading and the tables scale with the size of the stored history.

    python benchmarks/growth.py [TIMES ...]

Each size is a multiple of the stored history. A line shows the seconds that it takes to write the
results, to plan a run with nothing left to do, to read the results, and to make the tables with
their change points.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import stages
from benchmarks.synthetic import repeated
from harness.analysis.views import make_tables
from harness.cli.options import TIMEOUT
from harness.execution.request import Request
from harness.execution.run_plan import make_plan
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import FORMATS


def measure(times: int) -> stages.Figures:
    """Return the seconds by stage, and the numbers of cells and changes."""
    measured = stages.Stages()
    with tempfile.TemporaryDirectory() as name:
        folder, rules = Path(name), PairRules(Catalogue.load())
        results, cases = repeated(times)
        pairs = [result.pair for result in results]

        def write_all() -> None:
            while results:  # frees each result, so that the peak is not that of two copies
                store.write(results.pop(), folder)

        measured.timed("write", write_all)
        request = Request(cases, FORMATS, TIMEOUT, folder=folder)
        plan = measured.timed("plan", lambda: make_plan(pairs, request))
        assert not plan.pairs_to_run
        stored, _ = measured.timed("read", lambda: store.read_all(folder))
        tables = measured.timed("tables", lambda: make_tables(stored, rules))
    changes = sum(len(view.changes) for view in tables.shown)
    return {**measured.figures, "cells": len(tables.long), "changes": changes}


if __name__ == "__main__":
    stages.run(__file__, measure, ("cells", "changes"))
