"""The bulletin: what a watch has to tell, cells that changed alike told together."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from harness.analysis.change_kinds import PAIR_KINDS, ChangeKind
from harness.releases.catalogue import Catalogue, Release
from harness.releases.pair import Pair
from harness.results.model import WHOLE_PAIR, CellKey
from harness.util.errors import ExitCode
from harness.util.escaping import shortened
from harness.util.paths import PROBES, ROOT
from harness.watch.acknowledgements import Acknowledgement
from harness.watch.comparison import Comparison, Difference
from harness.watch.news import WatchItem

_PLURALS = {
    ChangeKind.REGRESSION: "regressions",
    ChangeKind.CHANGE: "changes",
    ChangeKind.FIX: "fixes",
}
#: Packages named beside the new one.
MOST_NAMES = 8
#: Characters of one side of a difference.
LONGEST_TEXT = 200


@dataclass(frozen=True)
class DifferenceGroup:
    """Differences of one watched pair that are one behaviour; the first stands for all."""

    watched: WatchItem
    differences: tuple[Difference, ...]

    @property
    def first(self) -> Difference:
        """The one to look at."""
        return self.differences[0]

    @property
    def kind(self) -> str:
        """The kind in words."""
        return f"{self.first.kind}{', acknowledged' if self.first.acknowledged else ''}"

    @property
    def words(self) -> tuple[str, str]:
        """Both sides, not too long."""
        before, after = self.first.words
        return shortened(before, LONGEST_TEXT), shortened(after, LONGEST_TEXT)

    @property
    def cells(self) -> str:
        """The cells, formats of one case and cases of the same formats together."""
        return cells_in_words(each.key for each in self.differences)


@dataclass(frozen=True)
class WatchSummary:
    """All that a watch found between two moments.

    ``kept`` is the catalogue that a clone has. ``stale`` are acknowledgements that no longer apply,
    ``problems`` are what is wrong with cases, ``bisected`` holds the answer in Markdown for the
    groups that were bisected.
    """

    since: datetime
    until: datetime
    kept: Catalogue
    verdicts: Sequence[Comparison]
    yanked: Sequence[Release] = ()
    stale: Sequence[Acknowledgement] = ()
    problems: Sequence[str] = ()
    bisected: Mapping[DifferenceGroup, str] = field(default_factory=dict)

    @property
    def unknown(self) -> list[str]:
        """What could not be told, each thing once."""
        told = [reason for each in self.verdicts for reason in each.unknown]
        return list(dict.fromkeys([*told, *self.problems]))

    @property
    def withdrawn(self) -> list[str]:
        """The new releases that were yanked."""
        return [f"{each.package} {each.version}" for each in self.yanked]

    @property
    def exit(self) -> ExitCode:
        """Something worse outweighs what could not be told; both are told."""
        if any(each.is_worse for verdict in self.verdicts for each in verdict.differences):
            return ExitCode.WORSE
        return ExitCode.UNKNOWN if self.unknown else ExitCode.KNOWN

    @property
    def title(self) -> str:
        """The answer in one line."""
        if not self.verdicts:
            return "No new release"
        return "; ".join(
            f"{each.watched.name}{'' if self._is_plain(each.watched) else _company(each.watched)}: "
            f"{counts_in_words(each)}"
            for each in self.verdicts
        )

    def _is_plain(self, watched: WatchItem) -> bool:
        return sum(each.watched.release == watched.release for each in self.verdicts) == 1

    def reproduce(self, pair: Pair, key: CellKey) -> str:
        """The command that runs one cell again in a clone; results go beside the published ones."""
        words = ["nox", "-s", f"pair({pair.id})", "--"]
        if key != WHOLE_PAIR:
            words += ["--case", key[0], "--format", key[1]]
        words += ["--rerun", "--results", str(PROBES.relative_to(ROOT))]
        releases = ((pair.lineage, pair.keras), ("tensorflow", pair.tensorflow))
        is_known = all(self.kept.find(*each) for each in releases)
        return ("" if is_known else "nox -s catalogue && ") + shlex.join(words)


def groups(verdict: Comparison) -> list[DifferenceGroup]:
    """The differences by behaviour, the worst first."""
    alike: dict[tuple[object, ...], list[Difference]] = {}
    for each in verdict.differences:
        same = (each.kind, each.before, each.after, each.acknowledged)
        alike.setdefault(same, []).append(each)
    found = [DifferenceGroup(verdict.watched, tuple(each)) for each in alike.values()]
    order = list(ChangeKind)
    return sorted(found, key=lambda each: (not each.first.is_worse, order.index(each.first.kind)))


def counts_in_words(verdict: Comparison) -> str:
    """``3 regressions, 1 fix, acknowledged``, or that nothing changed."""
    counts = Counter((each.kind, bool(each.acknowledged)) for each in verdict.differences)
    told = [
        _count(kind, counts[kind, is_acknowledged]) + ", acknowledged" * is_acknowledged
        for kind in ChangeKind
        for is_acknowledged in (False, True)
        if counts[kind, is_acknowledged]
    ]
    if not told and verdict.cells:
        told.append("nothing changed")
    return ", ".join([*told, *["something could not be told"] * bool(verdict.unknown)])


def cells_in_words(keys: Iterable[CellKey]) -> str:
    """``dense_twice, siamese_pair (h5, keras); lstm_twice (json)``."""
    formats: dict[str, list[str]] = {}
    for case, name in keys:
        formats.setdefault(case, []).append(name)
    cases: dict[str, list[str]] = {}
    for case, names in formats.items():
        cases.setdefault(", ".join(names), []).append(case)
    return "; ".join(f"{', '.join(each)} ({names})" for names, each in cases.items() if names)


def others_in_words(verdict: Comparison) -> str:
    """The packages that differ beside the new one, not all of many."""
    more = len(verdict.others) - MOST_NAMES
    return ", ".join(verdict.others[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _count(kind: ChangeKind, number: int) -> str:
    if kind in PAIR_KINDS:
        return str(kind)
    return f"{number} {kind if number == 1 else _PLURALS.get(kind, kind)}"


def _company(watched: WatchItem) -> str:
    return f" {watched.why}"
