"""Publishing: the tables and the site of what is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from harness.analysis.annotations import Annotation
from harness.analysis.bisections import read_bisections
from harness.analysis.histories import Tables, make_tables
from harness.execution.cases import all_cases
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.source import Source
from harness.report.tables import write_tables
from harness.results import store as results
from harness.results.store import DamagedResult, Result
from harness.util.paths import LOCKS


@dataclass(frozen=True)
class StoredResults:
    """The stored results and their tables.

    ``untrusted`` are the results that cannot be read, ``dropped`` is the number of cells that other
    code than the present cases' has made; both are in no table.
    """

    results: list[Result]
    made: Tables
    untrusted: list[DamagedResult]
    dropped: int


def read_stored(rules: PairRules, known: Sequence[Annotation] | None = None) -> StoredResults:
    """What is stored; with the annotations of the repository unless given.

    Raises:
        Fault: the annotations are wrong.
    """
    found, untrusted = results.read_all()
    found, dropped = results.without_outdated(found, all_cases())
    return StoredResults(found, make_tables(found, rules, known), untrusted, dropped)


def publish_report(rules: PairRules, stage: Callable[[str], None]) -> tuple[StoredResults, Path]:
    """Write the tables and the site, one run at a time; the path is that of the first page.

    ``stage`` is told what is being made.

    Raises:
        Fault: the annotations or the published answers are wrong.
    """
    LOCKS.mkdir(parents=True, exist_ok=True)
    with FileLock(LOCKS / "report.lock"):
        results.sweep()
        stored = read_stored(rules)
        write_tables(stored.made)
        source = Source(
            stored.made, stored.results, all_cases(), rules.catalogue, read_bisections()
        )
        return stored, build_site(source, stage=stage)
