"""Change points: neighbouring releases on an axis whose signatures differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from packaging.version import Version

from harness.analysis.change_kinds import kind_of
from harness.analysis.frames import only_cells, records
from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import Catalogue
from harness.results.model import NO_INTERPRETER, PAIR_OUTCOMES, WHOLE_PAIR, CellKey
from harness.results.signatures import RUNS, Signature, contrast

COLUMNS = (
    "lineage", "case", "format", "from", "to", "kind", "before", "after", "message", "signatures",
)  # fmt: skip
#: Takes the place of a signature where there is no result.
NOT_RUN = Signature("not run")
#: The column of a long table whose releases follow each other. Along ``tensorflow``, all pairs have
#: the same Keras.
Axis = Literal["keras", "tensorflow"]
#: The signature of one case in one format in each release where it is known.
History = Mapping[Version, Signature]


@dataclass(frozen=True)
class Span:
    """Consecutive releases on an axis in which a cell has the same label.

    ``signature`` is the one in the last of them.
    """

    first: Version
    last: Version
    signature: Signature


def change_points(
    frame: pd.DataFrame, catalogue: Catalogue, lineage: str, axis: Axis = "keras"
) -> pd.DataFrame:
    """Return one row for each change point on an axis of a lineage; its columns are `COLUMNS`.

    ``frame`` is a long table with one pair for each release. A release without an environment is a
    change point of `WHOLE_PAIR` and not of its cells. Unknown releases are skipped, so there may be
    some between ``from`` and ``to``. ``before`` and ``after`` describe the two ``signatures``.
    The column ``lineage`` holds the package whose releases ``from`` and ``to`` are.
    """
    rows = []
    package = lineage if axis == "keras" else axis
    branches = branches_of(frame, catalogue, lineage, axis)
    by_key = {WHOLE_PAIR: environment_history(frame, axis), **histories(frame, axis)}
    for key, history in by_key.items():
        for version, predecessor in branches.with_predecessors(tuple(sorted(history))):
            if predecessor is None:
                continue
            old, new = history[predecessor], history[version]
            if not _differ(old, new, key):
                continue
            rows.append((
                package, *key, str(predecessor), str(version), kind_of(old, new),
                *contrast(old, new),
                new.message or old.message, (old, new),
            ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def branches_of(
    frame: pd.DataFrame, catalogue: Catalogue, lineage: str, axis: Axis = "keras"
) -> ReleaseBranches:
    """The branches of the releases on an axis of a lineage."""
    package = lineage if axis == "keras" else axis
    return ReleaseBranches(map(Version, frame[axis].unique()), catalogue, package)


def _differ(old: Signature, new: Signature, key: CellKey) -> bool:
    """Whether there is a change point; of a pair only by outcome, as messages name the release."""
    return old.outcome != new.outcome if key == WHOLE_PAIR else old != new


def environment_history(frame: pd.DataFrame, axis: Axis = "keras") -> dict[Version, Signature]:
    """Return for each release whether it runs cells, or why it has no environment.

    Releases whose interpreter is missing are left out, because that is not a fact about them.
    """
    pairs = frame.drop_duplicates("pair")
    return {
        Version(release): signature if outcome in PAIR_OUTCOMES else Signature(RUNS)
        for release, outcome, signature in zip(
            pairs[axis], pairs["outcome"], pairs["signature"], strict=True
        )
        if outcome != NO_INTERPRETER
    }


def histories(frame: pd.DataFrame, axis: Axis = "keras") -> dict[CellKey, dict[Version, Signature]]:
    """Return the history of each case and format; ``frame`` has one pair for each release."""
    cells = only_cells(frame)
    versions = {text: Version(text) for text in cells[axis].unique()}
    by_key: dict[CellKey, dict[Version, Signature]] = {}
    for case, name, release, signature in records(cells, "case", "format", axis, "signature"):
        by_key.setdefault((case, name), {})[versions[release]] = signature
    return by_key


def spans_of(history: History, releases: Iterable[Version] = ()) -> list[Span]:
    """Return the history in the order of versions, with neighbours of equal label in one span.

    Those of ``releases`` that the history lacks have the signature `NOT_RUN`.
    """
    spans: list[Span] = []
    for version in sorted({*history, *releases}):
        signature = history.get(version, NOT_RUN)
        if spans and spans[-1].signature.label == signature.label:
            spans[-1] = Span(spans[-1].first, version, signature)
        else:
            spans.append(Span(version, version, signature))
    return spans
