"""The heat map: each case's history, neighbouring releases of one behaviour drawn as a block."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from packaging.version import Version

from harness.changes import History, histories
from harness.kinds import severity
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

    ``number`` is that of the signature, -1 in the row of a whole case.
    """

    width: int
    releases: str
    outcome: str
    label: str
    number: int = -1
    failing: str = ""


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


def heat(view: View, numbers: Numbers) -> Heat:
    """Draw a view."""
    columns = ["pair", "keras", "tensorflow", "python", "released"]
    releases = view.frame.drop_duplicates("pair")[columns].to_dict("records")
    axis = [Version(release["keras"]) for release in releases]
    absent = _absent(view)
    by_case = groupby(histories(view.frame).items(), key=lambda item: item[0][0])
    drawn = (
        _case(case, {name: {**absent, **history} for (_, name), history in items}, axis, numbers)
        for case, items in by_case
    )
    return Heat(view.lineage, view.title, releases, [case for case in drawn if case.rows])


def _absent(view: View) -> History:
    """The releases without an environment, and why."""
    outcomes = view.frame.drop_duplicates("pair")[["keras", "outcome"]]
    return {
        Version(keras): Signature(outcome)
        for keras, outcome in outcomes.itertuples(index=False)
        if outcome in PAIR_OUTCOMES
    }


def _case(
    name: str, by_format: Mapping[str, History], axis: Sequence[Version], numbers: Numbers
) -> HeatCase:
    alike: dict[Row, list[str]] = {}
    for format_name, history in by_format.items():
        row = tuple(history.get(version) for version in axis)
        if any(each and each.outcome != "unsupported" for each in row):
            alike.setdefault(row, []).append(format_name)
    rows = [(names, list(_blocks(row, axis, numbers))) for row, names in alike.items()]
    return HeatCase(name, list(_totals(alike, axis)) if rows else [], rows)


def _blocks(row: Row, axis: Sequence[Version], numbers: Numbers) -> Iterator[Block]:
    for signature, width, releases in _spans(row, axis):
        outcome, label = (signature.outcome, signature.label) if signature else ("unknown",) * 2
        yield Block(width, releases, outcome, label, numbers.of(signature))


def _totals(alike: Mapping[Row, list[str]], axis: Sequence[Version]) -> Iterator[Block]:
    """The row of the whole case: a block as long as no format changes."""
    weights = [len(names) for names in alike.values()]
    for column, width, releases in _spans(tuple(zip(*alike, strict=True)), axis):
        known = [(each, count) for each, count in zip(column, weights, strict=True) if each]
        if not known:
            yield Block(width, releases, "unknown", "unknown")
            continue
        worst = max((each.outcome for each, _ in known), key=severity)
        applies = sum(count for each, count in known if each.outcome != "unsupported")
        fail = sum(count for each, count in known if severity(each.outcome) > 0)
        label = f"{worst}: {fail} of {applies} formats fail" if fail else worst
        yield Block(
            width, releases, worst, label, failing=f"{fail}/{applies}" if 0 < fail < applies else ""
        )


def _spans(row: Sequence[Item], axis: Sequence[Version]) -> Iterator[tuple[Item, int, str]]:
    """Neighbours that are equal: what they are, how many, and which releases."""
    for item, group in groupby(zip(row, axis, strict=True), key=lambda each: each[0]):
        versions = [version for _, version in group]
        yield item, len(versions), releases_in_words(versions[0], versions[-1])
