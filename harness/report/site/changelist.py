"""Change points as a page lists them: cells that changed alike together, both signatures whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from harness.analysis.change_kinds import ChangeKind, kind_of
from harness.results.model import NO_INTERPRETER, PAIR_OUTCOMES, WHOLE_PAIR
from harness.results.signatures import RUNS, Signature, contrast

_ORDER = {kind: place for place, kind in enumerate(ChangeKind)}


@dataclass(frozen=True)
class Change:
    """The formats of one case that changed alike between two releases; no case is every case."""

    lineage: str
    start: str
    end: str
    case: str
    formats: tuple[str, ...]
    kind: ChangeKind
    before: Signature
    after: Signature
    culprit: str = ""
    upstream: str = ""
    why: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """Both sides as texts that differ."""
        return contrast(self.before, self.after)


def listed(changes: pd.DataFrame) -> list[Change]:
    """The rows of a view's table of change points, the most wanted kind first."""
    keys = ["lineage", "from", "to", "case", "kind", "signatures", "culprit", "upstream", "why"]
    alike: dict[tuple[Any, ...], list[str]] = {}
    for *key, name in changes[[*keys, "format"]].itertuples(index=False, name=None):
        alike.setdefault(tuple(key), []).append(name)
    found = [
        Change(
            lineage, start, end, case, tuple(names), kind, before, after, culprit, upstream, why
        )
        for (
            lineage, start, end, case, kind, (before, after), culprit, upstream, why
        ), names in alike.items()
    ]  # fmt: skip
    return sorted(found, key=lambda change: _ORDER[change.kind])


def between(frame: pd.DataFrame, lineage: str, start: str, end: str) -> list[Change]:
    """What differs between two releases of a view, whether one grew out of the other or not."""
    old, new = (_signatures(frame[frame["keras"] == keras]) for keras in (start, end))
    alike: dict[tuple[str, Signature, Signature], list[str]] = {}
    for case, name in sorted(old.keys() & new.keys()):
        before, after = old[case, name], new[case, name]
        if before != after:
            alike.setdefault((case, before, after), []).append(name)
    found = [
        Change(lineage, start, end, case, tuple(names), kind_of(before, after), before, after)
        for (case, before, after), names in alike.items()
    ]
    return sorted(found, key=lambda change: _ORDER[change.kind])


def _signatures(rows: pd.DataFrame) -> dict[tuple[str, str], Signature]:
    """The cells of a pair, and the pair itself as `WHOLE_PAIR`; a missing Python says nothing."""
    if rows["outcome"].iloc[0] == NO_INTERPRETER:
        return {}
    if rows["outcome"].iloc[0] in PAIR_OUTCOMES:
        return {WHOLE_PAIR: rows["signature"].iloc[0]}
    keys = zip(rows["case"], rows["format"].astype(str), strict=True)
    return {WHOLE_PAIR: Signature(RUNS), **dict(zip(keys, rows["signature"], strict=True))}


def by_kind(changes: Iterable[Change]) -> Iterator[tuple[ChangeKind, list[Change]]]:
    """The changes of each kind that there is, the worst first."""
    for kind, group in groupby(changes, key=lambda change: change.kind):
        yield kind, list(group)
