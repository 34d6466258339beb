"""Annotations: what upstream did at a change point, kept as data beside the cases."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from harness.util.paths import ANNOTATIONS
from harness.util.toml_lists import read_list

_REFERENCE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<mark>[#@])(?P<name>[0-9a-f]+)")

#: One row of a table of change points, by column.
Row = Mapping[Hashable, Any]


class Annotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence about the change points between two releases.

    ``cases``, ``formats``, ``before`` and ``after`` are globs that select among those change
    points. ``upstream`` names pull requests, issues or commits, as ``keras-team/keras#20389`` or
    ``keras-team/keras@d4dc8979d5``.
    """

    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    says: str
    upstream: tuple[str, ...] = ()
    lineage: str = "keras"
    cases: tuple[str, ...] = ("*",)
    formats: tuple[str, ...] = ("*",)
    before: str = "*"
    after: str = "*"

    def explains(self, change: Row) -> bool:
        """Whether the annotation is about this row of a table of change points."""
        return (
            (change["lineage"], change["from"], change["to"])
            == (self.lineage, self.start, self.end)
            and any(fnmatchcase(change["case"], glob) for glob in self.cases)
            and any(fnmatchcase(change["format"], glob) for glob in self.formats)
            and fnmatchcase(change["before"], self.before)
            and fnmatchcase(change["after"], self.after)
        )


def reference_url(reference: str) -> str:
    """Return the URL of an upstream reference; the empty string if it is not a reference.

    >>> reference_url("keras-team/keras#20389")
    'https://github.com/keras-team/keras/issues/20389'
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return ""
    kind = "commit" if match["mark"] == "@" else "issues"
    return f"https://github.com/{match['repository']}/{kind}/{match['name']}"


def read_annotations(path: Path = ANNOTATIONS) -> list[Annotation]:
    """Return the annotations of a file in its order; an empty list without a file.

    Raises:
        Fault: as `read_list`.
    """
    return read_list(path, Annotation)


def match_annotations(
    changes: pd.DataFrame, annotations: Iterable[Annotation]
) -> list[Annotation | None]:
    """Return, for each change point, the first annotation that explains it, or None."""
    candidates = list(annotations)
    return [
        next((annotation for annotation in candidates if annotation.explains(row)), None)
        for row in changes.to_dict("records")
    ]


@dataclass(frozen=True)
class AnnotationAudit:
    """The annotations checked against all change points.

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
    """Find annotations without a change point, and change points without an annotation."""
    unexplained, total = [], 0
    used: set[Annotation] = set()
    for changes in tables:
        matches = match_annotations(changes, annotations)
        used.update(match for match in matches if match)
        unexplained.append(changes.loc[[match is None for match in matches]])
        total += len(changes)
    stale = [annotation for annotation in annotations if annotation not in used]
    return AnnotationAudit(stale, unexplained, total)
