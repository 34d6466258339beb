"""Acknowledgements: changes that were expected, kept as reviewed data beside the cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
from packaging.specifiers import SpecifierSet

from harness.analysis.annotations import reference_url
from harness.analysis.change_kinds import PAIR_KINDS, ChangeKind
from harness.releases.specifiers import parse_specifier
from harness.results.model import WHOLE_PAIR, CellKey
from harness.util.errors import UsageError
from harness.util.paths import ACKNOWLEDGED
from harness.util.toml_lists import read_list
from harness.watch.comparison import Comparison, Difference
from harness.watch.news import WatchItem

EXAMPLE = "keras-team/keras#20389"


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of the file, as it is written there."""

    package: str
    releases: str
    kind: str
    reason: str
    upstream: tuple[str, ...]
    cases: tuple[str, ...] = ("*",)
    formats: tuple[str, ...] = ("*",)
    after: str = "*"

    def __post_init__(self) -> None:
        try:
            parse_specifier(self.releases)
        except UsageError as problem:
            raise ValueError(str(problem)) from problem
        if self.kind not in list(ChangeKind):
            raise ValueError(f"`kind` must be one of: {', '.join(ChangeKind)}")
        if not self.upstream or not all(map(reference_url, self.upstream)):
            raise ValueError(f"`upstream` must list references like {EXAMPLE}")


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
    """Return the acknowledgements of a file; where two cover a difference, the first one counts.

    Raises:
        Fault: as `read_list`.
    """
    return [_acknowledgement(entry) for entry in read_list(path, _Entry)]


def _acknowledgement(entry: _Entry) -> Acknowledgement:
    return Acknowledgement(
        package=entry.package,
        releases=parse_specifier(entry.releases),
        kind=ChangeKind(entry.kind),
        reason=entry.reason,
        upstream=entry.upstream,
        cases=entry.cases,
        formats=entry.formats,
        after=entry.after,
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
