"""The head of a result file: all that it holds besides the cells, in either form of such a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypedDict

import msgspec

from harness.releases.pair import Pair
from harness.results.model import Cell, PairOutcome, Result


class _KnownFacts(TypedDict, total=False):
    """The facts about an environment that the harness reads, among others."""

    wheel: str
    only_this_wheel: bool
    installed: list[str]
    install_seconds: float
    inside_seconds: float


class ResultHead(msgspec.Struct, forbid_unknown_fields=True):
    """What a result file holds besides the cells."""

    schema: int
    pair: str
    outcome: PairOutcome | Literal[""]
    reason: str
    digest: str
    environment: dict[str, str | int | float | bool | list[str] | None]

    def check(self, schema: int, *, has_cells: bool) -> None:
        """Check what the types of the fields do not say.

        Raises:
            ValueError: this is not the head of a result in this schema, with cells or without.
        """
        if self.schema != schema:
            raise ValueError(f"schema {self.schema}, expected {schema}")
        installed = msgspec.convert(self.environment, _KnownFacts).get("installed", [])
        if len(set(installed)) < len(installed):
            raise ValueError("it holds a distribution twice")
        if self.outcome and has_cells:
            raise ValueError("it holds cells, and an outcome of a pair that has none")

    def result_with(self, cells: Iterable[Cell]) -> Result:
        """The result with this head and these cells.

        Raises:
            UsageError: the pair has no such name.
        """
        return Result(
            pair=Pair.parse(self.pair),
            environment=self.environment,
            outcome=self.outcome,
            reason=self.reason,
            digest=self.digest,
            cells={cell.key: cell for cell in cells},
        )


def head_of(result: Result, schema: int) -> dict[str, Any]:
    """The fields of a `ResultHead`, in their order."""
    return {
        "schema": schema,
        "pair": result.pair.id,
        "outcome": result.outcome,
        "reason": result.reason,
        "digest": result.digest,
        "environment": result.environment,
    }
