"""Annotations: what upstream did at a change point, kept as data beside the cases."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from harness.util.paths import ANNOTATIONS
from harness.util.toml_entries import Form, read_entries

_REFERENCE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<mark>[#@])(?P<name>[0-9a-f]+)")
_FORM = Form(
    texts=frozenset({"from", "to", "says", "lineage", "before", "after"}),
    lists=frozenset({"cases", "formats", "upstream"}),
    required=("from", "to", "says"),
)

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Annotation:
    """One sentence on the change points between two releases that its globs select.

    ``upstream`` names pull requests, issues or commits, as ``keras-team/keras#20389`` or
    ``keras-team/keras@d4dc8979d5``.
    """

    start: str
    end: str
    says: str
    upstream: tuple[str, ...]
    lineage: str
    cases: tuple[str, ...]
    formats: tuple[str, ...]
    before: str
    after: str

    def explains(self, change: Row) -> bool:
        """Whether a row of the table of change points is one of those meant."""
        return (
            (change["lineage"], change["from"], change["to"])
            == (self.lineage, self.start, self.end)
            and any(fnmatchcase(change["case"], glob) for glob in self.cases)
            and any(fnmatchcase(change["format"], glob) for glob in self.formats)
            and fnmatchcase(change["before"], self.before)
            and fnmatchcase(change["after"], self.after)
        )


def reference_url(reference: str) -> str:
    """The address of an upstream reference, or the empty string for one without.

    >>> reference_url("keras-team/keras#20389")
    'https://github.com/keras-team/keras/issues/20389'
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return ""
    kind = "commit" if match["mark"] == "@" else "issues"
    return f"https://github.com/{match['repository']}/{kind}/{match['name']}"


def read_annotations(path: Path = ANNOTATIONS) -> list[Annotation]:
    """The annotations of a file, in its order; of two that explain a change the first counts.

    Where there is no file there are none.

    Raises:
        Fault: the file is not TOML or an entry has not the form; the message names the entry.
    """
    return [_annotation(entry) for entry in read_entries(path, _FORM)]


def _annotation(entry: Mapping[str, Any]) -> Annotation:
    return Annotation(
        start=entry["from"],
        end=entry["to"],
        says=entry["says"],
        upstream=tuple(entry.get("upstream", ())),
        lineage=entry.get("lineage", "keras"),
        cases=tuple(entry.get("cases", ["*"])),
        formats=tuple(entry.get("formats", ["*"])),
        before=entry.get("before", "*"),
        after=entry.get("after", "*"),
    )


def match_annotations(
    changes: pd.DataFrame, annotations: Iterable[Annotation]
) -> list[Annotation | None]:
    """The annotation of each change point, or None."""
    known = list(annotations)
    return [
        next((each for each in known if each.explains(row)), None)
        for row in changes.to_dict("records")
    ]


@dataclass(frozen=True)
class AnnotationAudit:
    """The annotations against all change points.

    ``stale`` are annotations that explain no change point; ``unexplained`` are the rows of each
    table of change points that have no annotation; ``total`` counts all change points.
    """

    stale: Sequence[Annotation]
    unexplained: Sequence[pd.DataFrame]
    total: int

    @property
    def explained(self) -> int:
        """How many change points have an annotation."""
        return self.total - sum(map(len, self.unexplained))


def audit_annotations(
    tables: Iterable[pd.DataFrame], annotations: Sequence[Annotation]
) -> AnnotationAudit:
    """Check every annotation against tables of change points, and the other way round."""
    unexplained, total = [], 0
    used: set[Annotation] = set()
    for changes in tables:
        matches = match_annotations(changes, annotations)
        used.update(match for match in matches if match)
        unexplained.append(changes[[match is None for match in matches]])
        total += len(changes)
    return AnnotationAudit([each for each in annotations if each not in used], unexplained, total)
