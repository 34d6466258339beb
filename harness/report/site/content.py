"""What the pages are made from: the stored results, the tables, and what is looked up for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.analysis.bisections import PublishedBisection
from harness.analysis.frames import contract_keys
from harness.analysis.outcomes import OUTCOME_MEANINGS
from harness.analysis.views import Tables
from harness.exchange.change_groups import ChangeGroup
from harness.exchange.data import ExchangeData
from harness.exchange.ledger.predictions import Predictions
from harness.exchange.ledger.store import StoredLedgers
from harness.exchange.table import read_by_all, read_in_full
from harness.execution.cases import Case
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.tally import Tally, tally_by_pair
from harness.report.tables import csv_tables
from harness.results.model import FORMATS, CellKey, Result


@dataclass(frozen=True)
class CellContent:
    """What is known of cells: enough for those pages and files that show nothing else."""

    tables: Tables
    results: Sequence[Result]
    cases: Sequence[Case]
    rules: PairRules
    bisections: Sequence[PublishedBisection]

    @cached_property
    def releases(self) -> frozenset[tuple[str, str]]:
        """Lineage and version of each release that has a page."""
        return frozenset(
            (view.lineage, str(keras))
            for view in self.tables.shown
            for keras in view.frame["keras"].unique()
        )

    @cached_property
    def legend(self) -> Mapping[str, str]:
        """The meaning of each outcome that occurs in the results, and of "unknown"."""
        outcomes = {*self.tables.long["outcome"].unique(), "unknown"}
        return {
            outcome: meaning for outcome, meaning in OUTCOME_MEANINGS.items() if outcome in outcomes
        }

    @cached_property
    def tallies(self) -> Mapping[str, Tally]:
        """The tally of each pair, by the id of the pair."""
        cells_per_pair = len(self.cases) * len(FORMATS)
        return tally_by_pair(
            self.tables.long, cells_per_pair, self.contracts, self.tables.natural_pairs
        )

    @cached_property
    def contracts(self) -> frozenset[CellKey]:
        """The cells whose file a release should refuse."""
        return contract_keys(self.tables.long)

    @cached_property
    def csv_tables(self) -> Mapping[str, str]:
        """File name and text of each CSV table."""
        return csv_tables(self.tables)


@dataclass(frozen=True)
class SiteContent(CellContent):
    """The content of the site; every page is made from this and nothing else."""

    exchange: ExchangeData = field(default_factory=ExchangeData)
    exchange_changes: Sequence[ChangeGroup] = ()
    ledgers: StoredLedgers = field(default_factory=StoredLedgers)
    predict: Callable[[], Predictions] = Predictions

    @cached_property
    def read_by_all(self) -> Mapping[tuple[str, str], bool]:
        """Whether all readers read the files of a case in a format as they should."""
        return read_by_all(self.exchange)

    @cached_property
    def read_in_full(self) -> Mapping[tuple[Pair, Pair], bool]:
        """Whether a reader reads every file of a writer, where that was measured."""
        return read_in_full(self.exchange)
