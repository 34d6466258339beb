"""Change points as a page lists them: cells that changed alike together, both signatures whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from harness.kinds import OF_CELLS, Kind, kind_of
from harness.signatures import Signature, told_apart

_ORDER = {kind: place for place, kind in enumerate(OF_CELLS)}


@dataclass(frozen=True)
class Change:
    """The formats of one case that changed alike between two releases."""

    lineage: str
    start: str
    end: str
    case: str
    formats: tuple[str, ...]
    kind: Kind
    before: Signature
    after: Signature
    culprit: str = ""
    upstream: str = ""
    why: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """Both sides as texts that differ."""
        return told_apart(self.before, self.after)


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
    columns = ["case", "format", "signature"]
    cells = {
        keras: {(case, str(name)): each for case, name, each in
                frame.loc[frame["keras"] == keras, columns].itertuples(index=False)}
        for keras in (start, end)
    }  # fmt: skip
    old, new = cells[start], cells[end]
    differing = [key for key in sorted(old.keys() & new.keys()) if old[key] != new[key]]
    alike = groupby(differing, key=lambda key: (key[0], old[key], new[key]))
    found = [
        Change(
            lineage, start, end, case, tuple(name for _, name in keys), kind_of(before, after),
            before, after,
        )
        for (case, before, after), keys in alike
    ]  # fmt: skip
    return sorted(found, key=lambda change: _ORDER[change.kind])


def by_kind(changes: Iterable[Change]) -> Iterator[tuple[Kind, list[Change]]]:
    """The changes of each kind that there is, the worst first."""
    for kind, group in groupby(changes, key=lambda change: change.kind):
        yield kind, list(group)
