"""Publishing: the tables and the site are made from everything that is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from harness.analysis.annotations import Annotation
from harness.analysis.bisections import read_bisections
from harness.analysis.histories import Tables, make_tables
from harness.exchange.corpus import read_index
from harness.exchange.table import ExchangeData, exchanges, wrong_at_birth
from harness.execution.cases import all_cases, code_digests
from harness.execution.digests import reading_digest
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.content import SiteContent
from harness.report.tables import write_tables
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import Result
from harness.results.validity import without_outdated
from harness.util.files import remove_partial_files
from harness.util.paths import EXCHANGE, LOCKS, RESULTS


@dataclass(frozen=True)
class StoredResults:
    """The stored results and the tables made from them.

    ``damaged`` are the result files that cannot be trusted. ``dropped`` is the number of cells
    and pair outcomes that other code than the present found. The tables contain neither.
    """

    results: list[Result]
    tables: Tables
    damaged: list[DamagedResult]
    dropped: int


def read_stored(rules: PairRules, annotations: Sequence[Annotation] | None = None) -> StoredResults:
    """Read the stored results and make the tables.

    The annotations are those of the repository unless others are given.

    Raises:
        Fault: the annotations are invalid.
    """
    stored, damaged = store.read_all()
    results, dropped = without_outdated(stored, code_digests(all_cases()))
    return StoredResults(results, make_tables(results, rules, annotations), damaged, dropped)


def read_exchange(own_results: Sequence[Result]) -> ExchangeData:
    """The stored exchange cells of the present code; ``own_results`` are the writers' own.

    Raises:
        Fault: the index of the corpus is damaged.
    """
    stored, _ = store.read_all(EXCHANGE)
    codes = {case.name: reading_digest(case.path) for case in all_cases()}
    current = [
        replace(
            result,
            cells={
                key: cell
                for key, cell in result.cells.items()
                if cell.digest == codes.get(cell.case)
            },
        )
        for result in stored
    ]
    found = exchanges(current, read_index())
    return ExchangeData(found, wrong_at_birth(found, own_results))


def publish_report(rules: PairRules, on_stage: Callable[[str], None]) -> tuple[StoredResults, Path]:
    """Write the tables and the site; return the stored results and the path of the front page.

    Only one process does so at a time. ``on_stage`` is called with the name of each stage.

    Raises:
        Fault: the annotations or the published bisections are invalid.
    """
    LOCKS.mkdir(parents=True, exist_ok=True)
    with FileLock(LOCKS / "report.lock"):
        remove_partial_files(RESULTS)
        stored = read_stored(rules)
        content = SiteContent(
            stored.tables, stored.results, all_cases(), rules, read_bisections(),
            read_exchange(stored.results),
        )  # fmt: skip
        write_tables(stored.tables, content.csv_tables)
        return stored, build_site(content, on_stage=on_stage)
