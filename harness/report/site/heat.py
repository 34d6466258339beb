"""The heat map: each case's history, neighbouring releases of one behaviour drawn as a block."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any, Generic, NamedTuple, TypeVar

from packaging.version import Version

from harness.analysis.change_kinds import severity
from harness.analysis.change_points import History, histories
from harness.analysis.frames import without_cells
from harness.analysis.histories import View, releases_in_words
from harness.results.model import PAIR_OUTCOMES, WHOLE_PAIR, CellKey
from harness.results.signatures import Signature

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

    ``number`` is that of the signature, -1 in the row of a whole case. A block that does not begin
    with a change only parts neighbours: the first release did not grow out of the one on its left.
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


#: A release along a row, and whether the row changed in it.
Step = tuple[Version, bool]


def heat(view: View, numbers: Numbers) -> Heat:
    """Draw a view."""
    columns = ["pair", "keras", "tensorflow", "python", "released"]
    releases = view.frame.drop_duplicates("pair")[columns].to_dict("records")
    versions = [Version(release["keras"]) for release in releases]
    absent, changed = _absent(view), _changed(view)
    cases: dict[str, list[_Drawn]] = {}
    for key, history in sorted(histories(view.frame).items()):
        if any(each.outcome != "unsupported" for each in history.values()):
            row = tuple(history.get(each) or absent.get(each) for each in versions)
            steps = tuple((each, each in changed[key] | changed[WHOLE_PAIR]) for each in versions)
            cases.setdefault(key[0], []).append(_Drawn(key[1], row, steps))
    drawn = [_case(name, formats, numbers) for name, formats in cases.items()]
    return Heat(view.lineage, view.title, releases, drawn)


class _Drawn(NamedTuple):
    """One format of a case, along the releases."""

    format: str
    row: Row
    steps: tuple[Step, ...]


def _absent(view: View) -> History:
    """The releases without an environment, and why."""
    whole = without_cells(view.frame)
    return dict(zip(map(Version, whole["keras"]), whole["signature"], strict=True))


def _changed(view: View) -> Mapping[CellKey, set[Version]]:
    """The releases in which each cell changed against what they grew out of."""
    found: defaultdict[CellKey, set[Version]] = defaultdict(set)
    columns = ["case", "format", "to"]
    for case, name, keras in view.changes[columns].itertuples(index=False, name=None):
        found[case, name].add(Version(keras))
    return found


def _case(name: str, formats: Sequence[_Drawn], numbers: Numbers) -> HeatCase:
    alike: dict[tuple[Row, tuple[Step, ...]], list[str]] = {}
    for each in formats:
        alike.setdefault((each.row, each.steps), []).append(each.format)
    rows = [(names, list(_blocks(*drawn, numbers))) for drawn, names in alike.items()]
    return HeatCase(name, list(_totals(formats)), rows)


def _blocks(row: Row, steps: Sequence[Step], numbers: Numbers) -> Iterator[Block]:
    for span in _spans(row, steps):
        each = span.item
        outcome, label = (each.outcome, each.label) if each else ("unknown", "not known")
        yield Block(span.width, span.releases, outcome, label, numbers.of(each), "", span.is_change)


def _totals(formats: Sequence[_Drawn]) -> Iterator[Block]:
    """The row of the whole case: a block as long as no format changes."""
    columns = list(zip(*(each.row for each in formats), strict=True))
    steps = [
        (column[0][0], any(is_change for _, is_change in column))
        for column in zip(*(each.steps for each in formats), strict=True)
    ]
    for span in _spans(columns, steps):
        outcome, label, failing = _total(span.item)
        yield Block(span.width, span.releases, outcome, label, -1, failing, span.is_change)


def _total(column: Row) -> tuple[str, str, str]:
    """The worst outcome of a case in a release, in words, and the share of formats that fail.

    ``column`` has what each of its formats came to.
    """
    counts = Counter(each.outcome if each else "unknown" for each in column)
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


def _spans(row: Sequence[Item], steps: Sequence[Step]) -> Iterator[Span[Item]]:
    """The row by neighbours that are equal, and of which only the first is a change."""
    numbers = accumulate(is_change for _, is_change in steps)
    along = zip(row, numbers, steps, strict=True)
    for (item, _), group in groupby(along, key=lambda each: each[:2]):
        first, *rest = (step for _, _, step in group)
        words = releases_in_words(first[0], rest[-1][0] if rest else first[0])
        yield Span(item, 1 + len(rest), words, first[1])
