"""Publishing: the tables and the site of everything that is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from harness.analysis.annotations import Annotation
from harness.analysis.bisections import read_bisections
from harness.analysis.histories import Tables, make_tables
from harness.execution.cases import all_cases, code_digests
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.source import Source
from harness.report.tables import write_tables
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import Result
from harness.results.validity import without_outdated
from harness.util.files import remove_partial_files
from harness.util.paths import LOCKS, RESULTS


@dataclass(frozen=True)
class StoredResults:
    """The stored results and the tables made of them.

    ``damaged`` are result files that cannot be trusted, and ``dropped`` is the number of cells that
    other code than the present has made; neither is in any table.
    """

    results: list[Result]
    tables: Tables
    damaged: list[DamagedResult]
    dropped: int


def read_stored(rules: PairRules, annotations: Sequence[Annotation] | None = None) -> StoredResults:
    """Read what is stored, with the annotations of the repository unless others are given.

    Raises:
        Fault: the annotations are wrong.
    """
    stored, damaged = store.read_all()
    results, dropped = without_outdated(stored, code_digests(all_cases()))
    return StoredResults(results, make_tables(results, rules, annotations), damaged, dropped)


def publish_report(rules: PairRules, on_stage: Callable[[str], None]) -> tuple[StoredResults, Path]:
    """Write the tables and the site, one run at a time; return the results and the first page.

    ``on_stage`` is called with the part that is being made.

    Raises:
        Fault: the annotations or the published bisections are wrong.
    """
    LOCKS.mkdir(parents=True, exist_ok=True)
    with FileLock(LOCKS / "report.lock"):
        remove_partial_files(RESULTS)
        stored = read_stored(rules)
        write_tables(stored.tables)
        source = Source(
            stored.tables, stored.results, all_cases(), rules.catalogue, read_bisections()
        )
        return stored, build_site(source, stage=on_stage)
