"""Acknowledgements: changes that were expected. They are reviewed data, kept with the cases."""

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
    """One expected change of a package, in the releases and the cells that it names.

    ``cases``, ``formats`` and ``after`` are globs. A format stands for saved files of this format,
    too; ``keras@*`` stands for these alone. ``after`` is matched with the behaviour now, in
    words, so that a behaviour that changes once more is not covered.
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

    @property
    def is_about_files(self) -> bool:
        """Whether the acknowledgement is about saved files alone, and about no cell."""
        return all("@" in glob for glob in self.formats)

    def concerns(self, item: WatchItem) -> bool:
        """Whether the acknowledgement is about the release of a watch item."""
        return item.package == self.package and self.releases.contains(
            item.release.version, prereleases=True
        )

    def includes(self, key: CellKey) -> bool:
        """Whether the acknowledgement is about a cell, or about `WHOLE_PAIR`."""
        if key == WHOLE_PAIR or self.kind in PAIR_KINDS:
            return key == WHOLE_PAIR and self.kind in PAIR_KINDS
        case, format_name = key
        names = {format_name, format_name.partition("@")[0]}
        return any(fnmatchcase(case, glob) for glob in self.cases) and any(
            fnmatchcase(name, glob) for name in names for glob in self.formats
        )

    def covers(self, item: WatchItem, difference: Difference) -> bool:
        """Whether the acknowledgement expects a difference."""
        _, after = difference.texts
        return (
            self.concerns(item)
            and self.kind is difference.kind
            and self.includes(difference.key)
            and fnmatchcase(after, self.after)
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


def apply_acknowledgements(
    comparison: Comparison, acknowledgements: Sequence[Acknowledgement]
) -> Comparison:
    """Return the comparison, with the reason in each difference that an acknowledgement covers."""
    return replace(
        comparison,
        differences=tuple(
            _acknowledge(comparison.item, difference, acknowledgements)
            for difference in comparison.differences
        ),
    )


def _acknowledge(
    item: WatchItem, difference: Difference, acknowledgements: Sequence[Acknowledgement]
) -> Difference:
    for acknowledgement in acknowledgements:
        if acknowledgement.covers(item, difference):
            return replace(
                difference, acknowledged=acknowledgement.reason, upstream=acknowledgement.upstream
            )
    return difference


def stale_acknowledgements(
    acknowledgements: Iterable[Acknowledgement],
    comparisons: Sequence[Comparison],
    cells: Iterable[CellKey],
) -> list[Acknowledgement]:
    """Return the acknowledgements that no longer apply.

    Such an acknowledgement is about a watched release, and covers no difference although all cells
    that it includes have been compared. ``cells`` are all cells that there are. One that includes
    only saved files needs that some of these have been read.
    """
    keys = [WHOLE_PAIR, *cells]
    return [
        acknowledgement
        for acknowledgement in acknowledgements
        if _is_stale(acknowledgement, comparisons, keys)
    ]


def _is_stale(
    acknowledgement: Acknowledgement, comparisons: Sequence[Comparison], keys: Sequence[CellKey]
) -> bool:
    included = [key for key in keys if acknowledgement.includes(key)]
    concerned = [
        comparison for comparison in comparisons if acknowledgement.concerns(comparison.item)
    ]
    return (
        bool(concerned)
        and all(_is_compared(key, comparison) for comparison in concerned for key in included)
        and all(comparison.files or not acknowledgement.is_about_files for comparison in concerned)
        and not any(
            acknowledgement.covers(comparison.item, difference)
            for comparison in concerned
            for difference in comparison.differences
        )
    )


def _is_compared(key: CellKey, comparison: Comparison) -> bool:
    """Whether both sides of a cell are known; those of the whole pair are if any cell is."""
    return bool(comparison.cells) if key == WHOLE_PAIR else key in comparison.cells
