"""Change points: neighbouring releases on an axis whose signatures differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from packaging.version import Version

from harness.analysis.change_kinds import kind_of
from harness.analysis.frames import only_cells
from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import Catalogue
from harness.results.model import NO_INTERPRETER, PAIR_OUTCOMES, WHOLE_PAIR
from harness.results.signatures import RUNS, Signature, contrast

COLUMNS = (
    "lineage", "case", "format", "from", "to", "kind", "before", "after", "message", "signatures",
)  # fmt: skip
#: What happened to one case in one format, release by release; unknown releases are left out.
History = Mapping[Version, Signature]


@dataclass(frozen=True)
class Span:
    """Consecutive releases of one axis with one signature."""

    first: Version
    last: Version
    signature: Signature


def change_points(frame: pd.DataFrame, catalogue: Catalogue, lineage: str) -> pd.DataFrame:
    """One row a change along the axis of a lineage; `COLUMNS` are its columns.

    A release without an environment is a change of `WHOLE_PAIR`, and none of any cell.
    ``signatures`` holds the two signatures, ``before`` and ``after`` tell them apart in words.
    ``frame`` is a long table with one pair for each release. Releases of which nothing is known are
    stepped around, so ``from`` and ``to`` can have unknown releases between them.
    """
    rows = []
    lines = ReleaseBranches(map(Version, frame["keras"].unique()), catalogue, lineage)
    for key, signatures in {WHOLE_PAIR: environment_history(frame), **histories(frame)}.items():
        for version, before in lines.steps(tuple(sorted(signatures))):
            if before is None or not _differ(signatures[before], signatures[version], key):
                continue
            old, new = signatures[before], signatures[version]
            rows.append((
                lineage, *key, str(before), str(version), kind_of(old, new),
                *contrast(old, new),
                new.message or old.message, (old, new),
            ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _differ(old: Signature, new: Signature, key: tuple[str, str]) -> bool:
    """What an installer says of a whole pair names the release, and is other for each."""
    return old.outcome != new.outcome if key == WHOLE_PAIR else old != new


def environment_history(frame: pd.DataFrame) -> dict[Version, Signature]:
    """Which releases run, and why the others have no environment.

    A missing interpreter says nothing of a release.
    """
    pairs = frame.drop_duplicates("pair")
    return {
        Version(keras): signature if outcome in PAIR_OUTCOMES else Signature(RUNS)
        for keras, outcome, signature in zip(
            pairs["keras"], pairs["outcome"], pairs["signature"], strict=True
        )
        if outcome != NO_INTERPRETER
    }


def histories(frame: pd.DataFrame) -> dict[tuple[str, str], dict[Version, Signature]]:
    """For each case and format its history; ``frame`` has one pair for each release."""
    known = only_cells(frame)
    versions = {text: Version(text) for text in known["keras"].unique()}
    found: dict[tuple[str, str], dict[Version, Signature]] = {}
    for case, name, keras, signature in zip(
        known["case"], known["format"].astype(str), known["keras"], known["signature"], strict=True
    ):
        found.setdefault((case, name), {})[versions[keras]] = signature
    return found


def spans_of(signatures: History) -> list[Span]:
    """The history in the order of versions, with neighbours of one label drawn together."""
    found: list[Span] = []
    for version in sorted(signatures):
        signature = signatures[version]
        if found and found[-1].signature.label == signature.label:
            found[-1] = Span(found[-1].first, version, signature)
        else:
            found.append(Span(version, version, signature))
    return found
