"""The plan of a run: which cells are not known yet, and the space that running them takes."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from harness.environments.builder import EnvironmentBuilder
from harness.execution.cases import Case
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import Result
from harness.util.errors import Fault
from harness.util.paths import WORK


class Round(NamedTuple):
    """Pairs that are run with the same request."""

    pairs: list[Pair]
    request: Request


@dataclass(frozen=True)
class Plan:
    """How many cells of each pair have to be run; ``damaged`` describes untrustworthy results.

    ``not_planned`` says for each sampled pair how many unknown cells are left out, because their
    case is not in ``sample``.
    """

    request: Request
    missing: dict[Pair, int]
    damaged: list[str]
    not_planned: dict[Pair, int] = field(default_factory=dict)
    sample: Sequence[Case] = ()

    @property
    def pairs_to_run(self) -> list[Pair]:
        """The pairs with at least one cell to run."""
        return [pair for pair, cells in self.missing.items() if cells]

    @property
    def rounds(self) -> list[Round]:
        """What to run, one round after the other: whole pairs first, then those with a sample.

        This way, the cells that a sample is compared with are known as early as possible.
        """
        whole = [pair for pair in self.pairs_to_run if pair not in self.not_planned]
        sampled = [pair for pair in self.pairs_to_run if pair in self.not_planned]
        rounds = [
            Round(whole, self.request),
            Round(sampled, replace(self.request, cases=self.sample)),
        ]
        return [each for each in rounds if each.pairs]

    def in_order(self, cases: Sequence[Case]) -> Plan:
        """The same plan, in which the cases of the request are run in the order of ``cases``."""
        return replace(self, request=replace(self.request, cases=cases))

    def space_needed(self, builder: EnvironmentBuilder, jobs: int) -> tuple[int, int]:
        """The most bytes to download and the most bytes of disk, ``jobs`` pairs at once."""
        wheel = self.request.wheel
        download, disk = builder.needs(self.pairs_to_run, wheel)
        if self.request.prune:
            sizes = [builder.needs([pair], wheel)[1] for pair in self.pairs_to_run]
            disk = sum(sorted(sizes, reverse=True)[:jobs])
        return download, disk

    def check_disk(self, builder: EnvironmentBuilder, jobs: int) -> None:
        """Make sure that the environments fit on the disk before any of them is made.

        Raises:
            Fault: they may not fit.
        """
        _, needed = self.space_needed(builder, jobs)
        WORK.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(WORK).free
        if needed > free:
            advice = "select fewer pairs" + ("" if self.request.prune else ", or use --prune")
            raise Fault(
                f"the environments need up to {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are "
                f"free; {advice}"
            )


def make_plan(
    pairs: Iterable[Pair],
    request: Request,
    sampled: Collection[Pair] = (),
    sample: Sequence[Case] = (),
) -> Plan:
    """Plan a run: compare the request with the stored result of each pair.

    Of the pairs in ``sampled``, only the cases in ``sample`` are run.
    """
    plan = Plan(request, {}, [], sample=sample)
    of_sample = replace(request, cases=sample)
    of_rest = replace(request, cases=[case for case in request.cases if case not in sample])
    for pair in pairs:
        try:
            stored = store.read_pair(pair, request.folder)
        except DamagedResult as damage:
            plan.damaged.append(str(damage))
            stored = None
        result = stored or Result(pair)
        if pair in sampled:
            plan.missing[pair] = len(of_sample.missing_from(result))
            plan.not_planned[pair] = len(of_rest.unknown_in(result))
        else:
            plan.missing[pair] = len(request.missing_from(result))
    return plan
