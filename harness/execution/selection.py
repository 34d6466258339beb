"""The selection of a run: its pairs, and which cells of each are run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.execution.cases import Case, code_digests
from harness.execution.cross_sample import cross_pairs, pairs_of_differing_releases, sample_of
from harness.execution.request import Request
from harness.execution.run_plan import Plan, make_plan
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import FORMATS, CellKey, Result


@dataclass(frozen=True)
class Selection:
    """The pairs of a run and the request; of the pairs in ``sampled``, only ``sample`` is run."""

    pairs: list[Pair]
    request: Request
    sampled: frozenset[Pair] = frozenset()
    sample: Sequence[Case] = ()

    def with_sample(self, committed: Iterable[Result], rules: PairRules) -> Selection:
        """The same pairs, of which those that are not natural run only a sample of the cases.

        ``committed`` are the results of the commit that is checked out.
        """
        sampled = frozenset(cross_pairs(self.pairs, rules))
        if not sampled:
            return self
        sample = sample_of(self.request.cases, committed, rules)
        return replace(self, sampled=sampled, sample=sample)

    def part(self, pairs: list[Pair]) -> Selection:
        """The selection of some of the pairs, such as those of a shard."""
        return replace(self, pairs=pairs, sampled=self.sampled & set(pairs))

    @property
    def cells(self) -> dict[Pair, list[CellKey]]:
        """The cells to run on each pair, whether they are known or not."""
        every = [cell.key for cell in self.request.cells]
        of_sample = [cell.key for cell in self._sample_request.cells]
        return {pair: of_sample if pair in self.sampled else every for pair in self.pairs}

    def plan(self) -> Plan:
        """What of the selection is not known yet."""
        return make_plan(self.pairs, self.request, self.sampled, self.sample)

    def rest_of_differing_releases(self, rules: PairRules) -> Plan:
        """What is left to run on sampled pairs whose release differs from one pair to another."""
        pairs = pairs_of_differing_releases(sorted(self.sampled), self.request, rules)
        in_sample = {case.name for case in self.sample}
        rest = [case for case in self.request.cases if case.name not in in_sample]
        return make_plan(pairs, replace(self.request, cases=rest))

    def remove_outdated(self) -> int:
        """Remove from the stored results of sampled pairs what other code made.

        The present code does not run those cells again, so they would stay forever. Pairs whose
        sample itself is not known are left alone. Nothing is removed if only some of the formats
        were requested. Returns the number of removed cells.
        """
        if set(self.request.formats) != set(FORMATS):
            return 0
        digests = code_digests(self.request.cases)
        removed = 0
        for pair in sorted(self.sampled):
            with store.lock(pair):
                result = store.read_or_empty(pair, self.request.folder)
                if self._sample_request.unknown_in(result):
                    continue
                outdated = [key for key, cell in result.cells.items() if digests.has_replaced(cell)]
                for key in outdated:
                    del result.cells[key]
                if outdated:
                    store.write(result, self.request.folder)
            removed += len(outdated)
        return removed

    @property
    def _sample_request(self) -> Request:
        return replace(self.request, cases=self.sample, rerun=False)
