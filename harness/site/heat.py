"""The heat map: each case's history, neighbouring releases of one behaviour drawn as a block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Generic, NamedTuple, TypeVar

from packaging.version import Version

from harness.catalogue import Catalogue
from harness.changes import History, histories
from harness.kinds import severity
from harness.lines import Lines
from harness.results import PAIR_OUTCOMES
from harness.signatures import Signature
from harness.views import View, releases_in_words

Item = TypeVar("Item")

#: What one format came to, release by release; None where that is not known.
Row = tuple[Signature | None, ...]


class Numbers:
    """Signatures by number: pages refer to them, and the data that scripts read lists them."""

    def __init__(self) -> None:
        self._numbers: dict[Signature, int] = {}

    def of(self, signature: Signature | None) -> int:
        """The number of a signature; -1 stands for one that is not known."""
        if signature is None:
            return -1
        return self._numbers.setdefault(signature, len(self._numbers))

    def __iter__(self) -> Iterator[Signature]:
        return iter(self._numbers)


class Block(NamedTuple):
    """Neighbouring releases of one behaviour; ``failing`` tells how many formats fail of how many.

    ``number`` is that of the signature, -1 in the row of a whole case. Where the first release did
    not grow out of the one on its left, the block does not begin with a change.
    """

    width: int
    releases: str
    outcome: str
    label: str
    number: int = -1
    failing: str = ""
    is_change: bool = True


@dataclass(frozen=True)
class HeatCase:
    """A case: its worst outcome over all formats, then a row for the formats of one history."""

    name: str
    total: list[Block]
    rows: list[tuple[list[str], list[Block]]]


@dataclass(frozen=True)
class Heat:
    """The heat map of one view; a release is a row of the view's frame without its cells."""

    lineage: str
    title: str
    releases: list[dict[Hashable, Any]]
    cases: list[HeatCase]


@dataclass(frozen=True)
class Axis:
    """The releases that a row goes along, and those that did not grow out of the one before."""

    versions: Sequence[Version]
    apart: frozenset[Version]


def heat(view: View, catalogue: Catalogue, numbers: Numbers) -> Heat:
    """Draw a view."""
    columns = ["pair", "keras", "tensorflow", "python", "released"]
    releases = view.frame.drop_duplicates("pair")[columns].to_dict("records")
    versions = [Version(release["keras"]) for release in releases]
    lines = Lines(versions, catalogue, view.lineage)
    apart = {new for old, new in pairwise(versions) if lines.predecessor(new) != old}
    axis = Axis(versions, frozenset(apart))
    absent = _absent(view)
    by_case = groupby(histories(view.frame).items(), key=lambda item: item[0][0])
    drawn = (
        _case(case, {name: history for (_, name), history in items}, absent, axis, numbers)
        for case, items in by_case
    )
    return Heat(view.lineage, view.title, releases, [case for case in drawn if case.rows])


def _absent(view: View) -> History:
    """The releases without an environment, and why."""
    whole = view.frame[view.frame["outcome"].isin(PAIR_OUTCOMES)]
    return dict(zip(map(Version, whole["keras"]), whole["signature"], strict=True))


def _case(
    name: str, by_format: Mapping[str, History], absent: History, axis: Axis, numbers: Numbers
) -> HeatCase:
    alike: dict[Row, list[str]] = {}
    for format_name, history in by_format.items():
        row = tuple(history.get(each) or absent.get(each) for each in axis.versions)
        if any(each.outcome != "unsupported" for each in history.values()):
            alike.setdefault(row, []).append(format_name)
    rows = [(names, list(_blocks(row, axis, numbers))) for row, names in alike.items()]
    return HeatCase(name, list(_totals(alike, axis)) if rows else [], rows)


def _blocks(row: Row, axis: Axis, numbers: Numbers) -> Iterator[Block]:
    for span in _spans(row, axis):
        each = span.item
        outcome, label = (each.outcome, each.label) if each else ("unknown", "not known")
        yield Block(span.width, span.releases, outcome, label, numbers.of(each), "", span.is_change)


def _totals(alike: Mapping[Row, list[str]], axis: Axis) -> Iterator[Block]:
    """The row of the whole case: a block as long as no format changes."""
    weights = [len(names) for names in alike.values()]
    for span in _spans(tuple(zip(*alike, strict=True)), axis):
        outcome, label, failing = _total(list(zip(span.item, weights, strict=True)))
        yield Block(span.width, span.releases, outcome, label, -1, failing, span.is_change)


def _total(column: Sequence[tuple[Signature | None, int]]) -> tuple[str, str, str]:
    """The worst outcome of a case in a release, in words, and the share of formats that fail.

    ``column`` has what formats came to, and how many of them.
    """
    counts: Counter[str] = Counter()
    for each, formats in column:
        counts[each.outcome if each else "unknown"] += formats
    known = [outcome for outcome in counts if outcome != "unknown"]
    if not known:
        return "unknown", "not known", ""
    worst = max(known, key=severity)
    if worst in PAIR_OUTCOMES:
        return worst, worst, ""
    applies = sum(counts[each] for each in known if each != "unsupported")
    fail = sum(counts[each] for each in known if severity(each) > 0)
    label = f"{worst}: {fail} of {applies} formats fail" if fail else worst
    label += f", {counts['unknown']} not known" if counts["unknown"] else ""
    return worst, label, f"{fail}/{applies}" if 0 < fail < applies else ""


class Span(NamedTuple, Generic[Item]):
    """Neighbouring releases at which something is the same."""

    item: Item
    width: int
    releases: str
    is_change: bool


def _spans(row: Sequence[Item], axis: Axis) -> Iterator[Span[Item]]:
    """The row by neighbours that are equal."""
    for item, group in groupby(zip(row, axis.versions, strict=True), key=lambda each: each[0]):
        versions = [version for _, version in group]
        words = releases_in_words(versions[0], versions[-1])
        yield Span(item, len(versions), words, versions[0] not in axis.apart)
