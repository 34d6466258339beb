"""Acknowledgements: changes that were expected, kept as reviewed data beside the cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from harness.analysis.annotations import reference_url
from harness.analysis.change_kinds import PAIR_KINDS, ChangeKind
from harness.releases.specifiers import parse_specifier
from harness.results.model import WHOLE_PAIR, CellKey
from harness.util.errors import Fault, UsageError
from harness.util.paths import ACKNOWLEDGED
from harness.util.toml_entries import Form, read_entries
from harness.watch.comparison import Comparison, Difference
from harness.watch.news import WatchItem

EXAMPLE = "keras-team/keras#20389"
_FORM = Form(
    texts=frozenset({"package", "releases", "kind", "after", "reason"}),
    lists=frozenset({"cases", "formats", "upstream"}),
    required=("package", "releases", "kind", "reason", "upstream"),
)


@dataclass(frozen=True)
class Acknowledgement:
    """One expected change: of a package, in the releases of a specifier, for cells by glob.

    ``after`` is a glob for what it is now in words; what becomes something else again is news.
    """

    package: str
    releases: SpecifierSet
    kind: ChangeKind
    reason: str
    upstream: tuple[str, ...]
    cases: tuple[str, ...]
    formats: tuple[str, ...]
    after: str

    def __str__(self) -> str:
        return f"{self.package} {self.releases}, {self.kind}: {self.reason}"

    def concerns(self, watched: WatchItem) -> bool:
        """Whether a watched release is one of those meant."""
        return watched.package == self.package and self.releases.contains(
            watched.release.version, prereleases=True
        )

    def names(self, key: CellKey) -> bool:
        """Whether a cell, or `WHOLE_PAIR`, is one of those meant."""
        if key == WHOLE_PAIR or self.kind in PAIR_KINDS:
            return key == WHOLE_PAIR and self.kind in PAIR_KINDS
        case, name = key
        return any(fnmatchcase(case, glob) for glob in self.cases) and any(
            fnmatchcase(name, glob) for glob in self.formats
        )

    def covers(self, watched: WatchItem, difference: Difference) -> bool:
        """Whether a difference is one of those meant."""
        return (
            self.concerns(watched)
            and self.kind is difference.kind
            and self.names(difference.key)
            and fnmatchcase(difference.words[1], self.after)
        )


def read_acknowledgements(path: Path = ACKNOWLEDGED) -> list[Acknowledgement]:
    """The acknowledgements of a file; of two that cover a difference the first counts.

    Raises:
        Fault: the file is not TOML or an entry has not the form; the message names the entry.
    """
    entries = read_entries(path, _FORM)
    return [_acknowledgement(path.name, place, each) for place, each in enumerate(entries, 1)]


def _acknowledgement(name: str, place: int, entry: Mapping[str, Any]) -> Acknowledgement:
    if entry["kind"] not in list(ChangeKind):
        raise Fault(f"{name}: entry {place} has none of {', '.join(ChangeKind)} as kind")
    try:
        releases = parse_specifier(entry["releases"])
    except UsageError as problem:
        raise Fault(f"{name}: entry {place}: {problem}") from problem
    if not entry["upstream"] or not all(map(reference_url, entry["upstream"])):
        raise Fault(f"{name}: entry {place} has no references as upstream, like {EXAMPLE}")
    return Acknowledgement(
        package=entry["package"],
        releases=releases,
        kind=ChangeKind(entry["kind"]),
        reason=entry["reason"],
        upstream=tuple(entry["upstream"]),
        cases=tuple(entry.get("cases", ["*"])),
        formats=tuple(entry.get("formats", ["*"])),
        after=entry.get("after", "*"),
    )


def apply_acknowledgements(verdict: Comparison, known: Sequence[Acknowledgement]) -> Comparison:
    """The verdict with the reasons that were given for its differences."""
    found = []
    for each in verdict.differences:
        said = next((one for one in known if one.covers(verdict.watched, each)), None)
        reason, upstream = (said.reason, said.upstream) if said else ("", ())
        found.append(replace(each, acknowledged=reason, upstream=upstream))
    return replace(verdict, differences=tuple(found))


def stale_acknowledgements(
    known: Iterable[Acknowledgement], verdicts: Sequence[Comparison], cells: Iterable[CellKey]
) -> list[Acknowledgement]:
    """The acknowledgements of a watched release that cover nothing, though all they name was told.

    ``cells`` are all that there are.
    """
    every = [WHOLE_PAIR, *cells]
    return [
        each
        for each in known
        if (concerned := [one for one in verdicts if each.concerns(one.watched)])
        and all(_told(one, each, every) for one in concerned)
        and not any(
            each.covers(one.watched, found) for one in concerned for found in one.differences
        )
    ]


def _told(verdict: Comparison, known: Acknowledgement, every: Iterable[CellKey]) -> bool:
    return all(
        key in verdict.cells or (key == WHOLE_PAIR and verdict.cells)
        for key in every
        if known.names(key)
    )
