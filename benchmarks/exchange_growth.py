"""Measure how the tables of exchanges scale with the number of files.

    python benchmarks/exchange_growth.py [TIMES ...]

Each size is a multiple of the stored corpus, with as many readings of it. A line shows the seconds
that it takes to write the readings, to plan a run with nothing left to read, to read them all, to
infer what was not measured, and to make the map and the reasons of each format.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import stages
from harness.cli.options import TIMEOUT
from harness.exchange.corpus import Corpus, WriterClass, read_index
from harness.exchange.data import exchange_data
from harness.exchange.inference import with_inferred
from harness.exchange.reading import ReadRequest, of_present_code, reading_codes
from harness.exchange.readings import stored_readings
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.exchange.table import meetings, reasons
from harness.execution.cases import Case, all_cases
from harness.execution.run_plan import make_plan
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import Result
from harness.util.paths import EXCHANGE


def measure(times: int) -> stages.Figures:
    """Return the seconds by stage, and the numbers of readings and of meetings."""
    measured, rules = stages.Stages(), PairRules(Catalogue.load())
    cases = all_cases()
    codes = reading_codes(cases)
    files = _repeated_files(of_present_code(read_index(), cases), times)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / EXCHANGE.name
        paths = store.paths_in(EXCHANGE)
        measured.timed("write", lambda: _write_repeated(paths, times, folder))
        repeated = [Case(name, case.path) for case in cases for name in _names(case.name, times)]
        codes = {name: codes[case.name] for case in cases for name in _names(case.name, times)}
        request = ReadRequest(
            cases=repeated, formats=EXCHANGED_FORMATS, limit=TIMEOUT, folder=folder,
            corpus=Corpus(tuple(files), folder),
        )  # fmt: skip
        readers = [store.read(path).pair for path in paths]
        measured.timed("plan", lambda: make_plan(readers, request))
        found, _ = measured.timed("read", lambda: stored_readings(folder, files, codes))
    found = measured.timed("infer", lambda: with_inferred(found, readers, rules.catalogue))
    data = measured.timed("join", lambda: exchange_data(found, []))
    measured.timed(
        "tables",
        lambda: [(meetings(data, name), reasons(data, name)) for name in EXCHANGED_FORMATS],
    )
    return {
        **measured.figures,
        "readings": len(found.frame),
        "meetings": int(data.counts["files"].sum()),
    }


def _names(case: str, times: int) -> list[str]:
    return [case, *(f"{case}~{number}" for number in range(1, times))]


def _repeated_files(files: Sequence[WriterClass], times: int) -> list[WriterClass]:
    return [
        msgspec.structs.replace(entry, case=name)
        for entry in files
        for name in _names(entry.case, times)
    ]


def _write_repeated(paths: Sequence[Path], times: int, folder: Path) -> None:
    for path in paths:
        result = store.read(path)
        cells = [
            replace(cell, case=name)
            for cell in result.cells.values()
            for name in _names(cell.case, times)
        ]
        store.write(Result(result.pair, cells={cell.key: cell for cell in cells}), folder)


if __name__ == "__main__":
    stages.run(__file__, measure, ("readings", "meetings"))
