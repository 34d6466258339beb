"""Acknowledgements: changes that were expected. They are reviewed data, kept with the cases."""

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
    """One expected change of a package, in the releases and the cells that it names.

    ``cases``, ``formats`` and ``after`` are globs. ``after`` is matched with the behaviour now, in
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
        return any(fnmatchcase(case, glob) for glob in self.cases) and any(
            fnmatchcase(format_name, glob) for glob in self.formats
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
    that it includes have been compared. ``cells`` are all cells that there are.
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
        and not any(
            acknowledgement.covers(comparison.item, difference)
            for comparison in concerned
            for difference in comparison.differences
        )
    )


def _is_compared(key: CellKey, comparison: Comparison) -> bool:
    """Whether both sides of a cell are known; those of the whole pair are if any cell is."""
    return bool(comparison.cells) if key == WHOLE_PAIR else key in comparison.cells
