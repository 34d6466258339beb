"""Histories: the results along an axis of releases, with the changes between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pandas as pd
from packaging.version import Version

from harness.analysis.annotations import Annotation, Row, match_annotations, read_annotations
from harness.analysis.attribution import Evidence, culprit_in_words
from harness.analysis.change_points import (
    Axis,
    Span,
    branches_of,
    change_points,
    histories,
    spans_of,
)
from harness.analysis.frames import long_table, records
from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import Catalogue
from harness.releases.pair import LINEAGES
from harness.releases.pair_rules import PairRules
from harness.results.model import PAIR_OUTCOMES, WHOLE_PAIR, Result
from harness.results.signatures import RUNS

#: The symbol of each outcome, so that no table depends on colour alone.
SYMBOLS = {
    RUNS: "✓",
    "pass": "✓",
    "refused": "⊘",
    "build-error": "B",
    "save-error": "S",
    "load-error": "L",
    "mismatch": "≠",
    "accepted": "A",
    "crash": "!",
    "timeout": "∞",
    "unsupported": "–",  # noqa: RUF001 - an en dash is meant
    "not-run": "·",
    "part-skipped": "⚠",
    **dict.fromkeys(PAIR_OUTCOMES, "✗"),
}
#: What each outcome means to a reader, in the order of the legend.
OUTCOME_MEANINGS = {
    "pass": "loads, and the model is the same",
    "refused": "loading raises an exception, as it should: the file cannot be loaded properly",
    "mismatch": "loads, but the model is different",
    "accepted": "loads as if nothing were wrong, but the file should be refused",
    "timeout": "runs into the time limit",
    "crash": "the interpreter crashes or exits",
    "load-error": "loading raises an exception",
    "save-error": "saving raises an exception",
    "build-error": "the model cannot be built or run",
    "unsupported": "the release does not have the format, or the case does not apply",
    "unresolvable": "no environment: the requirements of the packages contradict each other",
    "install-error": "no environment: a package cannot be built",
    "import-error": "no environment: importing Keras raises an exception",
    "no-interpreter": "no environment: this Python version is not installed",
    "unknown": "not known",
}
#: Takes the place of a case in changes of the whole pair.
EVERY_CASE = "every case"
CHANGE_COLUMNS = [
    "case", "format", "from", "to", "kind", "before", "after", "culprit", "upstream", "why",
]  # fmt: skip
FLAKY_COLUMNS = ["pair", "case", "format", "label", "flaky"]
BOUNDARY_COLUMNS = [
    "from", "to", "kind", "before", "after", "cases", "culprit", "upstream", "why",
]  # fmt: skip
_OUTCOME_COLUMNS = ["outcome before", "outcome after"]


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

    @property
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


class HistorySpan(NamedTuple):
    """Consecutive releases in which a cell has one outcome.

    ``text`` names releases, outcome and exception: ``3.0.5 to 3.6.0 load-error ValueError``.
    """

    text: str
    outcome: str

    def __str__(self) -> str:
        return self.text


class HistoryLine(NamedTuple):
    """The history of a case, and the formats that share it, separated by commas."""

    case: str
    formats: str
    spans: tuple[HistorySpan, ...]


def history_lines(frame: pd.DataFrame, axis: Axis = "keras") -> list[HistoryLine]:
    """Return the history of each case, in the order of the cases.

    Formats of equal history share a line; formats that no release supports are left out. A cell
    that was not run in a release where others were is said to be not run.
    """
    formats: dict[tuple[str, tuple[HistorySpan, ...]], list[str]] = {}
    by_key = histories(frame, axis)
    releases = set().union(*by_key.values())
    for (case, name), history in by_key.items():
        if all(signature.outcome == "unsupported" for signature in history.values()):
            continue
        spans = tuple(_history_span(span) for span in spans_of(history, releases))
        formats.setdefault((case, spans), []).append(name)
    lines = [HistoryLine(case, ", ".join(names), spans) for (case, spans), names in formats.items()]
    return sorted(lines, key=lambda line: line.case)


def _history_span(span: Span) -> HistorySpan:
    text = f"{releases_in_words(span.first, span.last)} {span.signature.label}"
    return HistorySpan(text, span.signature.outcome)


class BoundaryLine(NamedTuple):
    """Cases that changed alike between two releases.

    ``texts`` are in the order of `BOUNDARY_COLUMNS`; ``outcomes`` are those before and after.
    """

    texts: tuple[str, ...]
    outcomes: tuple[str, str]


def change_lines(changes: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the change points as rows of texts, in the order of `CHANGE_COLUMNS`.

    Formats of one case that changed alike share a row.
    """
    return list(records(_changes_by_formats(changes), *CHANGE_COLUMNS))


def boundary_lines(changes: pd.DataFrame) -> list[BoundaryLine]:
    """Return the change points in the order of releases, with a line for cases that changed alike.

    ``changes`` has the signatures of both sides.
    """
    rows = _changes_by_formats(changes)
    keys = [column for column in BOUNDARY_COLUMNS if column != "cases"] + _OUTCOME_COLUMNS
    by_formats = rows.groupby([*keys, "format"], sort=False)["case"].agg(", ".join).reset_index()
    by_formats["cases"] = [
        f"{case} ({formats})" if formats else case
        for case, formats in zip(by_formats["case"], by_formats["format"], strict=True)
    ]
    grouped = by_formats.groupby(keys, sort=False)["cases"].agg("; ".join).reset_index()
    texts, outcomes = (records(grouped, *names) for names in (BOUNDARY_COLUMNS, _OUTCOME_COLUMNS))
    lines = [BoundaryLine(*line) for line in zip(texts, outcomes, strict=True)]
    return sorted(lines, key=lambda line: Version(line.texts[BOUNDARY_COLUMNS.index("to")]))


def _changes_by_formats(changes: pd.DataFrame) -> pd.DataFrame:
    """Return one row for the formats of a case that changed alike, with both outcomes."""
    outcomes = [(old.outcome, new.outcome) for old, new in changes["signatures"]]
    old_outcomes, new_outcomes = zip(*outcomes, strict=True) if outcomes else ((), ())
    before, after = _OUTCOME_COLUMNS
    rows = changes.assign(**{before: old_outcomes, after: new_outcomes})
    columns = [*CHANGE_COLUMNS, *_OUTCOME_COLUMNS]
    keys = [column for column in columns if column != "format"]
    grouped = rows.groupby(keys, sort=False)["format"].agg(", ".join).reset_index()
    grouped["case"] = grouped["case"].replace("", EVERY_CASE)
    return grouped[columns]


def flaky_lines(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the flaky cells as rows of texts, in the order of `FLAKY_COLUMNS`.

    Formats of one case that are flaky in the same way share a row.
    """
    flaky = frame[frame["flaky"] != ""]
    keys = ["pair", "case", "label", "flaky"]
    grouped = flaky.groupby(keys, sort=False)["format"].agg(", ".join).reset_index()
    return list(records(grouped, *FLAKY_COLUMNS))


def releases_in_words(first: Version, last: Version) -> str:
    """Name a range of releases.

    >>> releases_in_words(Version("3.0.5"), Version("3.6.0"))
    '3.0.5 to 3.6.0'
    >>> releases_in_words(Version("3.6.0"), Version("3.6.0"))
    '3.6.0'
    """
    return str(first) if first == last else f"{first} to {last}"
