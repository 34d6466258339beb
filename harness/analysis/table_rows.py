"""Rows of texts: the histories of cases, the change points of views, and flaky cells."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from packaging.version import Version

from harness.analysis.change_points import Axis, Span, histories, spans_of
from harness.analysis.frames import records
from harness.releases.pair import releases_in_words

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
    ``cases`` has the names of cases, each with their formats: ``("a", "b"), "h5, keras"``.
    """

    texts: tuple[str, ...]
    outcomes: tuple[str, str]
    cases: tuple[tuple[tuple[str, ...], str], ...]


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
    by_formats = rows.groupby([*keys, "format"], sort=False)["case"].agg(tuple).reset_index()
    by_formats["alike"] = list(zip(by_formats["case"], by_formats["format"], strict=True))
    grouped = by_formats.groupby(keys, sort=False)["alike"].agg(tuple).reset_index()
    grouped["cases"] = grouped["alike"].map(_cases_in_words)
    texts, outcomes = (records(grouped, *names) for names in (BOUNDARY_COLUMNS, _OUTCOME_COLUMNS))
    lines = [BoundaryLine(*line) for line in zip(texts, outcomes, grouped["alike"], strict=True)]
    return sorted(lines, key=lambda line: Version(line.texts[BOUNDARY_COLUMNS.index("to")]))


def _cases_in_words(alike: tuple[tuple[tuple[str, ...], str], ...]) -> str:
    """Cases with their formats: "a, b (h5, keras); c (json)"."""
    return "; ".join(
        f"{', '.join(cases)} ({formats})" if formats else ", ".join(cases)
        for cases, formats in alike
    )


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
