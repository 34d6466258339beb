"""Annotations: what upstream did at a change point, kept as data beside the cases."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from harness.errors import Fault
from harness.paths import ANNOTATIONS

_REFERENCE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<mark>[#@])(?P<name>[0-9a-f]+)")
_KEYS = {"lineage", "from", "to", "cases", "formats", "before", "after", "upstream", "says"}

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


def address(reference: str) -> str:
    """The address of an upstream reference, or the empty string for one without.

    >>> address("keras-team/keras#20389")
    'https://github.com/keras-team/keras/issues/20389'
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return ""
    kind = "commit" if match["mark"] == "@" else "issues"
    return f"https://github.com/{match['repository']}/{kind}/{match['name']}"


def read_annotations(path: Path = ANNOTATIONS) -> list[Annotation]:
    """The annotations of a file, in its order; of two that explain a change the first counts.

    Raises:
        Fault: the file is not TOML or an entry has not the form; the message names the entry.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("change", [])
    except tomllib.TOMLDecodeError as error:
        raise Fault(f"{path.name}: {error}") from error
    return [_annotation(path.name, place, entry) for place, entry in enumerate(entries, 1)]


def _annotation(name: str, place: int, entry: Mapping[str, Any]) -> Annotation:
    unknown = entry.keys() - _KEYS
    missing = {"from", "to", "says"} - entry.keys()
    if unknown or missing:
        what = f"does not know {', '.join(sorted(unknown))}" if unknown else (
            f"lacks {', '.join(sorted(missing))}")  # fmt: skip
        raise Fault(f"{name}: entry {place} {what}")
    return Annotation(
        start=entry["from"],
        end=entry["to"],
        says=entry["says"],
        upstream=tuple(entry.get("upstream", ())),
        lineage=entry.get("lineage", "keras"),
        cases=tuple(entry.get("cases", "*")),
        formats=tuple(entry.get("formats", "*")),
        before=entry.get("before", "*"),
        after=entry.get("after", "*"),
    )


def explained(changes: pd.DataFrame, annotations: Iterable[Annotation]) -> list[Annotation | None]:
    """The annotation of each change point, or None."""
    known = list(annotations)
    return [
        next((each for each in known if each.explains(row)), None)
        for row in changes.to_dict("records")
    ]
