"""How a release stands: its cells, and what changed in it against what it grew out of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from packaging.version import Version

from harness.analysis.change_kinds import severity
from harness.analysis.histories import View
from harness.releases.branches import ReleaseBranches
from harness.report.site.changelist import Change, listed
from harness.report.site.source import Source
from harness.report.site.tally import Tally
from harness.results.model import PAIR_OUTCOMES, CellKey


@dataclass(frozen=True)
class ReleaseSummary:
    """One release of a view.

    ``against`` is the release before it that has cells, empty for the oldest; ``passed_over`` are
    those between that have none. ``compared`` is how many cells are known here and before.
    ``beside`` was there first, on a line that is further on.
    """

    lineage: str
    keras: str
    pair: str
    tensorflow: str
    released: str
    tally: Tally
    against: str
    passed_over: tuple[str, ...]
    compared: int
    beside: str
    failing: list[tuple[str, str, str, list[str]]]
    changes: list[Change]


def release_summaries(source: Source, view: View) -> list[ReleaseSummary]:
    """How each release of a view stands, oldest version first."""
    rows = {Version(str(keras)): rows for keras, rows in view.frame.groupby("keras", sort=False)}
    lines = ReleaseBranches(rows, source.catalogue, view.lineage)
    known = {version: _keys(rows[version]) for version in lines.versions}
    return [_standing(source, view, lines, version, rows[version], known)
            for version in lines.versions]  # fmt: skip


def _standing(
    source: Source,
    view: View,
    lines: ReleaseBranches,
    version: Version,
    rows: pd.DataFrame,
    known: dict[Version, set[CellKey]],
) -> ReleaseSummary:
    first = rows.iloc[0]
    ancestors = lines.ancestors(version)
    before: set[CellKey] = set().union(*(known[each] for each in ancestors))
    against = max((each for each in ancestors if known[each]), default=None)
    passed_over = [each for each in ancestors if against is None or each > against]
    return ReleaseSummary(
        lineage=view.lineage,
        keras=str(version),
        pair=first["pair"],
        tensorflow=first["tensorflow"],
        released=first["released"],
        tally=source.tallies[first["pair"]],
        against=str(against or ""),
        passed_over=tuple(map(str, passed_over)),
        compared=len(known[version] & before),
        beside=str(lines.beside(version) or ""),
        failing=_failing(rows),
        changes=listed(view.changes[view.changes["to"] == str(version)]),
    )


def _keys(rows: pd.DataFrame) -> set[CellKey]:
    """The cells of a pair; none of one without an environment."""
    if rows["outcome"].iloc[0] in PAIR_OUTCOMES:
        return set()
    return set(zip(rows["case"], rows["format"].astype(str), strict=True))


def _failing(rows: pd.DataFrame) -> list[tuple[str, str, str, list[str]]]:
    """Case, outcome, label and formats of what does not pass."""
    found: dict[tuple[str, str, str], list[str]] = {}
    cells: Iterable[tuple[str, str, str, str]] = rows[
        ["case", "outcome", "label", "format"]
    ].itertuples(index=False, name=None)
    for case, outcome, label, name in cells:
        if severity(outcome) > 0 and outcome not in PAIR_OUTCOMES:
            found.setdefault((case, outcome, label), []).append(str(name))
    return [(*key, names) for key, names in found.items()]
