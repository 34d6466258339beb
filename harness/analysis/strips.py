"""Strips: the history of a case at a glance, with one outcome for each release."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from packaging.version import Version

from harness.analysis.change_kinds import PAIR_KINDS, ChangeKind, severity
from harness.analysis.change_points import NOT_RUN, environment_history, histories
from harness.analysis.frames import records
from harness.analysis.views import View
from harness.results.model import GOOD_OUTCOMES, PAIR_OUTCOMES, CellKey
from harness.results.signatures import RUNS

#: Changes that a strip does not mark: a format that came or went, and pairs that cannot be
#: installed, which show in every strip.
_UNMARKED = (ChangeKind.SUPPORTED, ChangeKind.UNSUPPORTED, *PAIR_KINDS)
#: Outcomes that are no failure of a case; the pair's own outcomes say nothing about the case.
_NO_FAILURE = ("pass", "unsupported", NOT_RUN.outcome, *PAIR_OUTCOMES)


def is_failure(outcome: str) -> bool:
    """Whether an outcome in a strip is the failure of a case."""
    return outcome not in _NO_FAILURE


@dataclass(frozen=True)
class Strip:
    """One outcome for each release of a view, in their order.

    An outcome is the worst of its cells; ``pass`` also stands for a file that is refused as it
    should be. ``marks`` are the positions of the releases in which any of the cells changed.
    """

    outcomes: tuple[str, ...]
    marks: frozenset[int] = frozenset()

    @property
    def newest_change(self) -> int:
        """The last position at which a cell changed, -1 if none did."""
        return max(self.marks, default=-1)

    @property
    def applies(self) -> bool:
        """Whether any release supports what the strip is about, as far as that is known."""
        return any(outcome != "unsupported" for outcome in self.outcomes)

    @property
    def passes(self) -> bool:
        """Whether cells pass, or refuse as they should, in some release, and fail in none."""
        return "pass" in self.outcomes and not self.fails

    @property
    def fails(self) -> bool:
        """Whether any cell fails in any release."""
        return any(map(is_failure, self.outcomes))


class StripGroup(NamedTuple):
    """The cases that share a strip, in the order of their names."""

    strip: Strip
    names: tuple[str, ...]


def releases_of(view: View) -> list[Version]:
    """Return the releases along the axis of a view, oldest first."""
    return sorted(map(Version, view.frame[view.axis].unique()))


def case_strips(view: View) -> dict[str, Strip]:
    """Return the strip of each case over all of its formats.

    It marks where a cell became better or worse. A cell that only fails in another way does not
    count, else there would be marks nearly everywhere.
    """
    return _strips(view, lambda key: key[0], unmarked=(*_UNMARKED, ChangeKind.CHANGE))


def format_strips(view: View) -> dict[str, Strip]:
    """Return the strip of each format of a view that shows one case; it marks all changes."""
    return _strips(view, lambda key: key[1], unmarked=_UNMARKED)


def grouped(strips: Mapping[str, Strip]) -> list[StripGroup]:
    """Return the strips with the cases that share each, the most telling group first.

    That is the one with the newest change, then the larger one.
    """
    names: dict[Strip, list[str]] = {}
    for name, strip in sorted(strips.items()):
        names.setdefault(strip, []).append(name)
    groups = [StripGroup(strip, tuple(members)) for strip, members in names.items()]
    return sorted(groups, key=lambda group: (-group.strip.newest_change, -len(group.names)))


def _strips(
    view: View, name_of: Callable[[CellKey], str], unmarked: Collection[ChangeKind]
) -> dict[str, Strip]:
    releases = releases_of(view)
    worst: dict[str, dict[Version, str]] = {}
    for key, history in histories(view.frame, view.axis).items():
        outcomes = worst.setdefault(name_of(key), {})
        for version, signature in history.items():
            outcomes[version] = _worse(outcomes.get(version, "unsupported"), signature.outcome)
    broken = {
        version: signature.outcome
        for version, signature in environment_history(view.frame, view.axis).items()
        if signature.outcome != RUNS
    }
    marks = _marks(view, releases, name_of, unmarked)
    return {
        name: Strip(
            tuple({**outcomes, **broken}.get(version, NOT_RUN.outcome) for version in releases),
            frozenset(marks.get(name, ())),
        )
        for name, outcomes in worst.items()
    }


def _worse(one: str, other: str) -> str:
    """Return the worse of two outcomes, where everything that is right counts as a pass."""
    other = "pass" if other in GOOD_OUTCOMES else other
    return max(one, other, key=severity)


def _marks(
    view: View,
    releases: list[Version],
    name_of: Callable[[CellKey], str],
    unmarked: Collection[ChangeKind],
) -> dict[str, set[int]]:
    """Return for each name the positions of the releases in which it changed."""
    positions = {str(version): position for position, version in enumerate(releases)}
    found: dict[str, set[int]] = {}
    for case, format_name, to, kind in records(view.changes, "case", "format", "to", "kind"):
        if kind not in unmarked:
            found.setdefault(name_of((case, format_name)), set()).add(positions[to])
    return found
