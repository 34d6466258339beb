"""Change points as the pages list them: formats that changed alike are one entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from harness.analysis.change_kinds import ChangeKind, kind_of
from harness.analysis.frames import records
from harness.results.model import NO_INTERPRETER, PAIR_OUTCOMES, WHOLE_PAIR, CellKey
from harness.results.signatures import RUNS, Signature, contrast

_RANK = {kind: rank for rank, kind in enumerate(ChangeKind)}


@dataclass(frozen=True)
class ListedChange:
    """The formats of one case that changed alike between two releases.

    ``case`` is empty for a change of the whole pair, which affects every case.
    """

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
    def contrast(self) -> tuple[str, str]:
        """Both signatures in words, shortened so that they still differ."""
        return contrast(self.before, self.after)


def list_changes(changes: pd.DataFrame) -> list[ListedChange]:
    """The change points of a view's table, ordered by `ChangeKind`."""
    keys = ["lineage", "from", "to", "case", "kind", "signatures", "culprit", "upstream", "why"]
    formats_by_key: dict[tuple[Any, ...], list[str]] = {}
    for *values, name in records(changes, *keys, "format"):
        formats_by_key.setdefault(tuple(values), []).append(name)
    listed = []
    for key, formats in formats_by_key.items():
        lineage, start, end, case, kind, (before, after), culprit, upstream, why = key
        listed.append(
            ListedChange(
                lineage, start, end, case, tuple(formats), kind, before, after, culprit, upstream,
                why,
            )
        )  # fmt: skip
    return _by_rank(listed)


def list_differences(frame: pd.DataFrame, lineage: str, start: str, end: str) -> list[ListedChange]:
    """The differences between any two releases of a view, whether one follows the other or not.

    ``frame`` is the view's. The differences have no culprit and no annotation.
    """
    old = _signatures(frame[frame["keras"] == start])
    new = _signatures(frame[frame["keras"] == end])
    formats_by_key: dict[tuple[str, Signature, Signature], list[str]] = {}
    for case, name in sorted(old.keys() & new.keys()):
        before, after = old[case, name], new[case, name]
        if before != after:
            formats_by_key.setdefault((case, before, after), []).append(name)
    return _by_rank(
        ListedChange(
            lineage, start, end, case, tuple(formats), kind_of(before, after), before, after
        )
        for (case, before, after), formats in formats_by_key.items()
    )


def group_by_kind(
    changes: Iterable[ListedChange],
) -> Iterator[tuple[ChangeKind, list[ListedChange]]]:
    """Each kind of change that occurs and its changes; ``changes`` must be ordered by kind."""
    for kind, group in groupby(changes, key=lambda change: change.kind):
        yield kind, list(group)


def _by_rank(changes: Iterable[ListedChange]) -> list[ListedChange]:
    return sorted(changes, key=lambda change: _RANK[change.kind])


def _signatures(rows: pd.DataFrame) -> dict[CellKey, Signature]:
    """The signatures of a pair's cells, and that of the pair itself as `WHOLE_PAIR`.

    There are none if the Python of the pair is missing, which says nothing about the releases.
    """
    outcome = rows["outcome"].iloc[0]
    if outcome == NO_INTERPRETER:
        return {}
    if outcome in PAIR_OUTCOMES:
        return {WHOLE_PAIR: rows["signature"].iloc[0]}
    found = records(rows, "case", "format", "signature")
    return {WHOLE_PAIR: Signature(RUNS), **{(case, name): seen for case, name, seen in found}}
