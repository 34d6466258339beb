"""Views: the results along one axis of Keras releases, as histories and changes in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from packaging.version import Version

from harness.analysis.annotations import Annotation, Row, match_annotations, read_annotations
from harness.analysis.attribution import Evidence, culprit_in_words
from harness.analysis.change_points import change_points, histories, spans_of
from harness.analysis.frames import long_table
from harness.releases.catalogue import Catalogue
from harness.releases.pair import LINEAGES, Pair
from harness.releases.pair_rules import PairRules
from harness.results.model import PAIR_OUTCOMES, WHOLE_PAIR, Result
from harness.results.signatures import RUNS

#: State by symbol and word as well as colour.
SYMBOLS = {
    RUNS: "✓",
    "pass": "✓",
    "build-error": "B",
    "save-error": "S",
    "load-error": "L",
    "mismatch": "≠",
    "crash": "!",
    "timeout": "∞",
    "unsupported": "–",  # noqa: RUF001 - an en dash is meant
    **dict.fromkeys(PAIR_OUTCOMES, "✗"),
}
#: What each outcome means to a reader, in the order of the legend.
OUTCOME_MEANINGS = {
    "pass": "loads and is the same",
    "mismatch": "loads, and is not the same",
    "timeout": "never ends",
    "crash": "the interpreter dies",
    "load-error": "loading raises",
    "save-error": "saving raises",
    "build-error": "cannot be built or run",
    "unsupported": "the release has no such format, or the case does not apply",
    "unresolvable": "no environment: what the packages require contradicts itself",
    "install-error": "no environment: a package does not build",
    "import-error": "no environment: importing Keras raises",
    "no-interpreter": "no environment: this Python is not installed",
    "unknown": "not known",
}
#: In the place of a case where a change is one of the whole pair.
EVERY_CASE = "every case"
CHANGE_COLUMNS = [
    "case", "format", "from", "to", "kind", "before", "after", "culprit", "upstream", "why",
]  # fmt: skip
FLAKY_COLUMNS = ["pair", "case", "format", "label", "flaky"]
BOUNDARY_COLUMNS = [
    "from", "to", "kind", "before", "after", "cases", "culprit", "upstream", "why",
]  # fmt: skip


@dataclass(frozen=True)
class View:
    """Pairs that differ in their Keras release, one pair a release, and the changes along them."""

    title: str
    lineage: str
    frame: pd.DataFrame
    changes: pd.DataFrame


@dataclass(frozen=True)
class Tables:
    """Everything the report shows, made once from the results."""

    long: pd.DataFrame
    natural: dict[str, View]
    maker: ViewMaker

    @property
    def shown(self) -> list[View]:
        """The natural views of which anything is known."""
        return [view for view in self.natural.values() if not view.frame.empty]

    @property
    def natural_pairs(self) -> set[str]:
        """The pairs of the natural views."""
        return {pair for view in self.shown for pair in view.frame["pair"].unique()}

    def views_of(self, pairs: Iterable[Pair]) -> Iterator[View]:
        """The views that together hold ``pairs``: natural ones by lineage, others by TensorFlow."""
        left = {pair.id for pair in pairs}
        for view in self.natural.values():
            chosen = view.frame[view.frame["pair"].isin(left)]
            left -= set(chosen["pair"])
            if len(chosen) == len(view.frame) > 0:
                yield view
            elif not chosen.empty:
                yield self.maker.view(view.title, view.lineage, chosen)
        rest = self.long[self.long["pair"].isin(left)]
        for (lineage, tensorflow, python), chosen in rest.groupby(
            ["lineage", "tensorflow", "python"], sort=False
        ):
            title = f"{lineage} releases with TensorFlow {tensorflow} on Python {python}"
            yield self.maker.view(title, str(lineage), chosen)


class ViewMaker:
    """Makes views, and explains their change points by evidence and annotations."""

    def __init__(
        self, catalogue: Catalogue, evidence: Evidence, annotations: Sequence[Annotation]
    ) -> None:
        self._catalogue = catalogue
        self._evidence = evidence
        self._annotations = annotations

    def view(self, title: str, lineage: str, frame: pd.DataFrame) -> View:
        """The view of the pairs of ``frame``; its changes have `CHANGE_COLUMNS` as well."""
        changes = change_points(frame, self._catalogue, lineage)
        changes["culprit"] = [self._culprit(row) for row in changes.to_dict("records")]
        found = match_annotations(changes, self._annotations)
        changes["upstream"] = [", ".join(each.upstream) if each else "" for each in found]
        changes["why"] = [each.says if each else "" for each in found]
        return View(title, lineage, frame, changes)

    def _culprit(self, row: Row) -> str:
        key = row["case"], row["format"]
        if key == WHOLE_PAIR:
            return ""  # nothing is installed that could be compared
        lineage = str(row["lineage"])
        packages = self._evidence.culprits(
            lineage, key, (row["from"], row["to"]), row["signatures"]
        )
        return culprit_in_words(packages, lineage)


def make_tables(
    results: list[Result], rules: PairRules, annotations: Sequence[Annotation] | None = None
) -> Tables:
    """The long table, and the view of each lineage's natural pairs.

    Raises:
        Fault: the annotations, read from the repository unless given, are wrong.
    """
    known = read_annotations() if annotations is None else annotations
    maker = ViewMaker(rules.catalogue, Evidence(results), known)
    frame = long_table(results, rules.catalogue)
    natural = {}
    for lineage in LINEAGES:
        ids = {pair.id for pair in rules.natural(lineage)}
        title = f"{lineage}: each release with the TensorFlow of its day"
        chosen = frame[frame["pair"].isin(ids)]
        natural[lineage] = maker.view(title, lineage, chosen)
    return Tables(frame, natural, maker)


class HistoryLine(NamedTuple):
    """The formats of a case that share one history, and that history in words."""

    case: str
    formats: str
    spans: tuple[str, ...]


def history_lines(frame: pd.DataFrame) -> list[HistoryLine]:
    """What happened to each case: ``2.12.0 to 2.15.0 pass``, ``3.0.5 to 3.6.0 load-error …``.

    Formats of one history share a line; formats that a case has nowhere are left out.
    """
    formats: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (case, name), signatures in histories(frame).items():
        if all(each.outcome == "unsupported" for each in signatures.values()):
            continue
        spans = tuple(
            f"{releases_in_words(run.first, run.last)} {run.signature.label}"
            for run in spans_of(signatures)
        )
        formats.setdefault((case, spans), []).append(name)
    return [
        HistoryLine(case, ", ".join(names), spans)
        for (case, spans), names in sorted(formats.items(), key=lambda item: item[0][0])
    ]


def change_lines(changes: pd.DataFrame) -> list[tuple[str, ...]]:
    """The change points as rows of texts, formats that changed alike in one row.

    The columns are `CHANGE_COLUMNS`.
    """
    keys = [column for column in CHANGE_COLUMNS if column != "format"]
    grouped = changes.groupby(keys, sort=False)["format"].agg(", ".join).reset_index()
    grouped["case"] = grouped["case"].replace("", EVERY_CASE)
    return list(grouped[CHANGE_COLUMNS].itertuples(index=False, name=None))


def boundary_lines(changes: pd.DataFrame) -> list[tuple[str, ...]]:
    """The change points by neighbouring releases, cases that changed alike in one row.

    The columns are `BOUNDARY_COLUMNS`.
    """
    rows = pd.DataFrame(change_lines(changes), columns=CHANGE_COLUMNS)
    keys = [column for column in BOUNDARY_COLUMNS if column != "cases"]
    alike = rows.groupby([*keys, "format"], sort=False)["case"].agg(", ".join).reset_index()
    alike["cases"] = [
        f"{case} ({name})" if name else case
        for case, name in zip(alike["case"], alike["format"], strict=True)
    ]
    grouped = alike.groupby(keys, sort=False)["cases"].agg("; ".join).reset_index()
    return sorted(
        grouped[BOUNDARY_COLUMNS].itertuples(index=False, name=None),
        key=lambda row: Version(row[1]),
    )


def flaky_lines(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """The cells that came to something else at another time: pair, case, formats, both outcomes."""
    flaky = frame[frame["flaky"] != ""]
    keys = ["pair", "case", "label", "flaky"]
    grouped = flaky.groupby(keys, sort=False)["format"].agg(", ".join).reset_index()
    return list(grouped[FLAKY_COLUMNS].itertuples(index=False, name=None))


def releases_in_words(first: Version, last: Version) -> str:
    """``3.0.5 to 3.6.0``, or the one release that it is."""
    return str(first) if first == last else f"{first} to {last}"
