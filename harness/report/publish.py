"""Publishing: the tables and the site are made from everything that is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from harness.analysis.annotations import Annotation
from harness.analysis.bisections import read_bisections
from harness.analysis.histories import Tables, make_tables
from harness.exchange import ledger_store
from harness.exchange.corpus import open_corpus, read_index
from harness.exchange.explained_changes import exchange_changes, with_differences
from harness.exchange.ledger_predictions import judge_predictions, keys_of_files
from harness.exchange.ledger_store import DamagedLedger
from harness.exchange.table import ExchangeData, exchange_data
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
    return exchange_data(current, read_index(), own_results)


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
        ledgers = ledger_store.read_all()
        stored.damaged.extend(ledgers.damaged)
        exchange = read_exchange(stored.results)
        on_stage("files of other releases")
        corpus = open_corpus()
        changes = exchange_changes(exchange.found, rules, stored.results)
        changes = with_differences(changes, corpus)
        predictions = judge_predictions(exchange.to_blame, ledgers.ledgers, keys_of_files(corpus))
        content = SiteContent(
            stored.tables, stored.results, all_cases(), rules, read_bisections(), exchange,
            changes, ledgers, predictions,
        )  # fmt: skip
        write_tables(stored.tables, content.csv_tables)
        return stored, build_site(content, on_stage=on_stage)
