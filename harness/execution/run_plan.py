"""The plan of a run: what of the wanted pairs is not yet known, and the room it takes."""

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
    """How many cells of each pair have to be run; ``damaged`` names results not to be trusted."""

    request: Request
    missing: dict[Pair, int]
    damaged: list[str]

    @property
    def wanted(self) -> list[Pair]:
        """The pairs of which something has to be run."""
        return [pair for pair, cells in self.missing.items() if cells]

    def room(self, builder: EnvironmentBuilder, jobs: int) -> tuple[int, int]:
        """Bytes to download and bytes of disk, at most, with ``jobs`` pairs at a time."""
        wheel = self.request.wheel
        download, disk = builder.needs(self.wanted, wheel)
        if self.request.prune:
            each = sorted((builder.needs([pair], wheel)[1] for pair in self.wanted), reverse=True)
            disk = sum(each[:jobs])
        return download, disk

    def check_disk(self, builder: EnvironmentBuilder, jobs: int) -> None:
        """Look for room before anything is made.

        Raises:
            Fault: there may be too little.
        """
        _, needed = self.room(builder, jobs)
        WORK.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(WORK).free
        if needed > free:
            advice = "select fewer pairs" + ("" if self.request.prune else ", or use --prune")
            raise Fault(
                f"the environments need up to {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are "
                f"free; {advice}"
            )


def make_plan(pairs: Iterable[Pair], request: Request) -> Plan:
    """Hold the request against what is stored."""
    plan = Plan(request, {}, [])
    for pair in pairs:
        try:
            stored = store.read_pair(pair, request.folder)
        except DamagedResult as damage:
            plan.damaged.append(str(damage))
            stored = None
        plan.missing[pair] = len(request.missing_from(stored or Result(pair)))
    return plan
