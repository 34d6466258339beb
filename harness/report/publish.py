"""Publishing: the tables and the site are made from everything that is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock

from harness.analysis.annotations import Annotation
from harness.analysis.bisections import read_bisections
from harness.analysis.views import Tables, make_tables
from harness.exchange.corpus import open_corpus, read_index
from harness.exchange.data import exchange_of
from harness.exchange.explained_changes import exchange_changes, with_differences
from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.predictions import judge_predictions, keys_of_files
from harness.exchange.ledger.store import DamagedLedger
from harness.exchange.readings import Readings, present_readings
from harness.execution.cases import all_cases, code_digests
from harness.releases.pair_rules import PairRules
from harness.report.freshness import inputs_digest, keep_stamp
from harness.report.site.build import new_site, write_all_else, write_cells
from harness.report.site.content import CellContent, SiteContent
from harness.report.tables import write_tables
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import Result
from harness.results.validity import without_outdated
from harness.util.files import remove_partial_files
from harness.util.forked import in_background
from harness.util.paths import EXCHANGE, LOCKS, RESULTS, SITE


@dataclass(frozen=True)
class StoredResults:
    """The stored results and the tables made from them.

    ``damaged`` are the files that cannot be trusted: results and, once published, ledgers.
    ``dropped`` is the number of cells and pair outcomes that other code than the present found. The
    tables contain neither.
    """

    results: list[Result]
    tables: Tables
    damaged: list[DamagedResult | DamagedLedger]
    dropped: int


def read_stored(rules: PairRules, annotations: Sequence[Annotation] | None = None) -> StoredResults:
    """Read the stored results and make the tables.

    The annotations are those of the repository unless others are given.

    Raises:
        Fault: the annotations are invalid.
    """
    stored, damaged = store.read_all()
    results, dropped = without_outdated(stored, code_digests(all_cases()))
    return StoredResults(results, make_tables(results, rules, annotations), [*damaged], dropped)


def read_readings() -> tuple[Readings, list[DamagedResult]]:
    """The readings of the present code, and damaged files.

    Raises:
        Fault: the index of the corpus is damaged.
    """
    return present_readings(EXCHANGE, read_index(), all_cases())


def publish_report(rules: PairRules, on_stage: Callable[[str], None]) -> tuple[StoredResults, Path]:
    """Write the tables and the site; return the stored results and the path of the front page.

    Only one process does so at a time. ``on_stage`` is called with the name of each stage.

    Raises:
        Fault: the annotations or the published bisections are invalid.
    """
    LOCKS.mkdir(parents=True, exist_ok=True)
    with FileLock(LOCKS / "report.lock"):
        remove_partial_files(RESULTS)
        inputs = inputs_digest()
        with in_background(read_readings) as readings:
            stored = read_stored(rules)
            page = _write_report(stored, rules, readings, on_stage)
        if not stored.damaged:  # a damaged file is named every time
            keep_stamp(inputs)
        return stored, page


def _write_report(
    stored: StoredResults,
    rules: PairRules,
    readings: Callable[[], tuple[Readings, list[DamagedResult]]],
    on_stage: Callable[[str], None],
) -> Path:
    """Write everything; what shows cells alone is written while the rest is not known yet.

    Damaged readings and ledgers are added to ``stored``.
    """
    cells = CellContent(stored.tables, stored.results, all_cases(), rules, read_bisections())
    with new_site() as folder, in_background(partial(_write_cells, cells, folder)) as written:
        on_stage("files of other releases")
        ledgers = ledger_store.read_all()
        corpus = open_corpus(check=False)
        measured, damaged_readings = readings()
        stored.damaged.extend([*damaged_readings, *ledgers.damaged])
        exchange = exchange_of(measured, stored.results, rules)
        changes = with_differences(exchange_changes(exchange, rules, stored.results), corpus)
        content = SiteContent(
            cells.tables, cells.results, cells.cases, rules, cells.bisections, exchange, changes,
            ledgers, lambda: judge_predictions(exchange, ledgers.ledgers, keys_of_files(corpus)),
        )  # fmt: skip
        on_stage("pages and data")
        write_all_else(content, folder)
        written()
    return SITE / "index.html"


def _write_cells(cells: CellContent, folder: Path) -> None:
    write_cells(cells, folder)
    write_tables(cells.tables, cells.csv_tables)
