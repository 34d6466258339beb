"""Views: the results along an axis of releases, with the changes between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from harness.analysis.annotations import Annotation, Row, match_annotations, read_annotations
from harness.analysis.attribution import Evidence, culprit_in_words
from harness.analysis.change_points import Axis, branches_of, change_points
from harness.analysis.frames import long_table
from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import Catalogue
from harness.releases.pair import LINEAGES
from harness.releases.pair_rules import PairRules
from harness.results.model import WHOLE_PAIR, Result


@dataclass(frozen=True)
class View:
    """One pair for each of several releases on an axis, and the changes between these.

    ``branches`` say which of the releases were compared: each with the one before it on its branch.
    """

    title: str
    lineage: str
    frame: pd.DataFrame
    changes: pd.DataFrame
    branches: ReleaseBranches
    axis: Axis = "keras"


@dataclass(frozen=True)
class Tables:
    """The tables of all results, from which the whole report is made.

    ``long`` is the long table; ``natural_ids`` are the ids of each lineage's natural pairs.
    """

    long: pd.DataFrame
    natural_ids: dict[str, set[str]]
    maker: ViewMaker

    @cached_property
    def natural(self) -> dict[str, View]:
        """The view of each lineage's natural pairs; made on first use, which takes a while."""
        return {
            lineage: self.maker.view(
                natural_title(lineage), lineage, self.long[self.long["pair"].isin(ids)]
            )
            for lineage, ids in self.natural_ids.items()
        }

    @property
    def shown(self) -> list[View]:
        """The natural views that are not empty."""
        return [view for view in self.natural.values() if not view.frame.empty]

    @cached_property
    def natural_pairs(self) -> set[str]:
        """The ids of the pairs in the natural views."""
        return set(self.long["pair"].unique()) & set().union(*self.natural_ids.values())


class ViewMaker:
    """Makes views and explains their change points by culprits and annotations.

    Without ``evidence``, which takes the results of all pairs, the culprits are left empty.
    """

    def __init__(
        self, catalogue: Catalogue, evidence: Evidence | None, annotations: Sequence[Annotation]
    ) -> None:
        self._catalogue = catalogue
        self._evidence = evidence
        self._annotations = annotations

    def view(self, title: str, lineage: str, frame: pd.DataFrame, axis: Axis = "keras") -> View:
        """Make the view of the pairs in ``frame``.

        Its changes have the columns ``culprit``, ``upstream`` and ``why`` as well.
        """
        changes = change_points(frame, self._catalogue, lineage, axis)
        rows = changes.to_dict("records")
        changes["culprit"] = [self._culprit(row, lineage, axis) for row in rows]
        matches = match_annotations(changes, self._annotations)
        changes["upstream"] = [", ".join(match.upstream) if match else "" for match in matches]
        changes["why"] = [match.says if match else "" for match in matches]
        branches = branches_of(frame, self._catalogue, lineage, axis)
        return View(title, lineage, frame, changes, branches, axis)

    def _culprit(self, row: Row, lineage: str, axis: Axis) -> str:
        key = row["case"], row["format"]
        if key == WHOLE_PAIR or self._evidence is None:
            return ""  # of a whole pair, one side has no installed packages to compare
        packages = self._evidence.culprits(
            lineage, key, (row["from"], row["to"]), row["signatures"], axis
        )
        return culprit_in_words(packages, lineage)


def make_tables(
    results: list[Result], rules: PairRules, annotations: Sequence[Annotation] | None = None
) -> Tables:
    """Make the long table and the view of each lineage's natural pairs.

    Without ``annotations``, those of the repository are read.

    Raises:
        Fault: as `read_annotations`.
    """
    if annotations is None:
        annotations = read_annotations()
    return _tables(results, rules, Evidence(results), annotations)


def make_tables_of_some(results: list[Result], rules: PairRules) -> Tables:
    """Make the tables of a part of the results, whose change points are not explained."""
    return _tables(results, rules, None, [])


def _tables(
    results: list[Result],
    rules: PairRules,
    evidence: Evidence | None,
    annotations: Sequence[Annotation],
) -> Tables:
    natural = {lineage: {pair.id for pair in rules.natural(lineage)} for lineage in LINEAGES}
    maker = ViewMaker(rules.catalogue, evidence, annotations)
    return Tables(long_table(results, rules.catalogue), natural, maker)


def natural_title(lineage: str) -> str:
    """Say which pairs are the natural ones of a lineage."""
    return f"{lineage}: each release with the TensorFlow of its day"
