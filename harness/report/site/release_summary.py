"""The summary of a release: its cells, and what changed in it since its predecessor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from packaging.version import Version

from harness.analysis.change_kinds import severity
from harness.analysis.frames import has_key_in, records
from harness.analysis.views import View
from harness.releases.branches import ReleaseBranches
from harness.report.site.content import SiteContent
from harness.report.site.listed_changes import ListedChange, list_changes
from harness.report.site.tally import Tally
from harness.results.model import PAIR_OUTCOMES, CellKey


class FailingCells(NamedTuple):
    """The formats of a case that fail alike."""

    case: str
    outcome: str
    label: str
    formats: list[str]


@dataclass(frozen=True)
class ReleaseSummary:
    """One release of a view.

    ``predecessor`` is the nearest earlier release of the branch that has cells, empty if there is
    none; ``unknown_between`` lists the releases between the two, which have none.
    ``compared_cells`` counts the cells that are known both here and earlier on the branch.
    ``parallel_release`` is the newest release of a later branch that was already out, empty if
    there is none; for 3.12.1 it is 3.13.2. ``failing_contracts`` are the files that should be
    refused and were not; ``failing`` are all other cells that fail.
    """

    lineage: str
    keras: str
    pair: str
    tensorflow: str
    released: str
    tally: Tally
    predecessor: str
    unknown_between: tuple[str, ...]
    compared_cells: int
    parallel_release: str
    failing: list[FailingCells]
    failing_contracts: list[FailingCells]
    changes: list[ListedChange]


def release_summaries(content: SiteContent, view: View) -> list[ReleaseSummary]:
    """The summary of each release of a view, oldest version first."""
    rows = {Version(str(keras)): rows for keras, rows in view.frame.groupby("keras", sort=False)}
    branches = ReleaseBranches(rows, content.rules.catalogue, view.lineage)
    known_cells = {version: _cell_keys(rows[version]) for version in branches.versions}
    return [
        _summary(content, view, branches, version, rows[version], known_cells)
        for version in branches.versions
    ]


def _summary(
    content: SiteContent,
    view: View,
    branches: ReleaseBranches,
    version: Version,
    rows: pd.DataFrame,
    known_cells: dict[Version, set[CellKey]],
) -> ReleaseSummary:
    first = rows.iloc[0]
    ancestors = branches.ancestors(version)
    predecessor = max((ancestor for ancestor in ancestors if known_cells[ancestor]), default=None)
    is_contract = has_key_in(rows, content.contracts)
    return ReleaseSummary(
        lineage=view.lineage,
        keras=str(version),
        pair=first["pair"],
        tensorflow=first["tensorflow"],
        released=first["released"],
        tally=content.tallies[first["pair"]],
        predecessor=str(predecessor or ""),
        unknown_between=tuple(
            str(ancestor) for ancestor in ancestors if predecessor is None or ancestor > predecessor
        ),
        compared_cells=sum(
            any(key in known_cells[ancestor] for ancestor in reversed(ancestors))
            for key in known_cells[version]
        ),
        parallel_release=str(branches.newest_alongside(version) or ""),
        failing=_failing_cells(rows[~is_contract]),
        failing_contracts=_failing_cells(rows[is_contract]),
        changes=list_changes(view.changes[view.changes["to"] == str(version)]),
    )


def _cell_keys(rows: pd.DataFrame) -> set[CellKey]:
    """The cells of a pair; none if it has no environment."""
    if rows["outcome"].iloc[0] in PAIR_OUTCOMES:
        return set()
    return set(records(rows, "case", "format"))


def _failing_cells(rows: pd.DataFrame) -> list[FailingCells]:
    """The cells of a pair that fail."""
    formats_by_key: dict[tuple[str, str, str], list[str]] = {}
    for case, outcome, label, name in records(rows, "case", "outcome", "label", "format"):
        if severity(outcome) > 0 and outcome not in PAIR_OUTCOMES:
            formats_by_key.setdefault((case, outcome, label), []).append(str(name))
    return [FailingCells(*key, formats) for key, formats in formats_by_key.items()]
