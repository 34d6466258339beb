"""The plan of a run: which cells are not known yet, and the space that running them takes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from harness.environments.builder import EnvironmentBuilder
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import Result
from harness.util.errors import Fault
from harness.util.paths import WORK


@dataclass(frozen=True)
class Plan:
    """How many cells of each pair have to be run; ``damaged`` describes untrustworthy results."""

    request: Request
    missing: dict[Pair, int]
    damaged: list[str]

    @property
    def pairs_to_run(self) -> list[Pair]:
        """The pairs with at least one cell to run."""
        return [pair for pair, cells in self.missing.items() if cells]

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


def make_plan(pairs: Iterable[Pair], request: Request) -> Plan:
    """Plan a run: compare the request with the stored result of each pair."""
    plan = Plan(request, {}, [])
    for pair in pairs:
        try:
            stored = store.read_pair(pair, request.folder)
        except DamagedResult as damage:
            plan.damaged.append(str(damage))
            stored = None
        plan.missing[pair] = len(request.missing_from(stored or Result(pair)))
    return plan
