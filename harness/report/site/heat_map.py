"""The heat map: the history of each case, in which equal neighbouring releases form one block."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any, Generic, NamedTuple, TypeVar

from packaging.version import Version

from harness.analysis.change_kinds import severity
from harness.analysis.change_points import History, histories
from harness.analysis.frames import records, without_cells
from harness.analysis.views import View
from harness.releases.pair import releases_in_words
from harness.results.model import PAIR_OUTCOMES, WHOLE_PAIR, CellKey
from harness.results.signatures import Signature

Value = TypeVar("Value")

#: The signatures of one format, release by release; None where the cell is not known.
Signatures = tuple[Signature | None, ...]

_UNKNOWN = ("unknown", "not known")


class SignatureNumbers:
    """A number for each signature; iterating gives the signatures in the order of their numbers.

    The pages refer to signatures by these numbers, and ``data.js`` lists them.
    """

    def __init__(self) -> None:
        self._numbers: dict[Signature, int] = {}

    def number_of(self, signature: Signature | None) -> int:
        """The number of a signature, a new one on first use; -1 for one that is not known."""
        if signature is None:
            return -1
        return self._numbers.setdefault(signature, len(self._numbers))

    def __iter__(self) -> Iterator[Signature]:
        return iter(self._numbers)


class Block(NamedTuple):
    """Neighbouring releases with the same behaviour.

    ``number`` is the number of the signature; a row that sums up a whole case has -1 instead.
    ``failing`` is "3/8" if three of eight formats fail, and empty if all or none do.
    ``is_change`` is false for a block that differs from the one on its left, but whose first
    release behaves like its own predecessor (3.13.0 follows 3.12.0, but is drawn after 3.12.4).
    """

    width: int
    releases: str
    outcome: str
    label: str
    number: int = -1
    failing: str = ""
    is_change: bool = True


@dataclass(frozen=True)
class CaseRows:
    """The rows of a case: its worst outcome over all formats, then each distinct history.

    ``rows`` pairs the formats that share a history with the blocks of that history.
    """

    name: str
    total: list[Block]
    rows: list[tuple[list[str], list[Block]]]


@dataclass(frozen=True)
class HeatMap:
    """The heat map of one view; ``releases`` describes its columns."""

    lineage: str
    title: str
    releases: list[dict[Hashable, Any]]
    cases: list[CaseRows]


class Step(NamedTuple):
    """One release along a row, and whether the row changed in it."""

    release: Version
    is_change: bool


class FormatHistory(NamedTuple):
    """The history of one format of a case, with an entry for each release of the view."""

    format: str
    signatures: Signatures
    steps: tuple[Step, ...]


def heat_map(view: View, numbers: SignatureNumbers) -> HeatMap:
    """The heat map of a view; the signatures that it refers to are added to ``numbers``."""
    columns = ["pair", "keras", "tensorflow", "python", "released"]
    releases = view.frame.drop_duplicates("pair")[columns].to_dict("records")
    versions = [Version(release["keras"]) for release in releases]
    cases = [
        _case_rows(name, formats, numbers)
        for name, formats in _format_histories(view, versions).items()
    ]
    return HeatMap(view.lineage, view.title, releases, cases)


def _format_histories(view: View, versions: Sequence[Version]) -> dict[str, list[FormatHistory]]:
    """By case, the history of each format that applies to any release."""
    broken = _releases_without_environment(view)
    changed = _changed_releases(view)
    formats_by_case: dict[str, list[FormatHistory]] = {}
    for key, history in sorted(histories(view.frame).items()):
        if all(signature.outcome == "unsupported" for signature in history.values()):
            continue
        case, name = key
        signatures = tuple(history.get(version) or broken.get(version) for version in versions)
        changed_here = changed[key] | changed[WHOLE_PAIR]
        steps = tuple(Step(version, version in changed_here) for version in versions)
        formats_by_case.setdefault(case, []).append(FormatHistory(name, signatures, steps))
    return formats_by_case


def _releases_without_environment(view: View) -> History:
    """The releases that have no environment, and why."""
    rows = without_cells(view.frame)
    return dict(zip(map(Version, rows["keras"]), rows["signature"], strict=True))


def _changed_releases(view: View) -> Mapping[CellKey, set[Version]]:
    """By cell, the releases in which it differs from the predecessor."""
    changed: defaultdict[CellKey, set[Version]] = defaultdict(set)
    for case, name, keras in records(view.changes, "case", "format", "to"):
        changed[case, name].add(Version(keras))
    return changed


def _case_rows(name: str, formats: Sequence[FormatHistory], numbers: SignatureNumbers) -> CaseRows:
    names_by_history: dict[tuple[Signatures, tuple[Step, ...]], list[str]] = {}
    for history in formats:
        key = (history.signatures, history.steps)
        names_by_history.setdefault(key, []).append(history.format)
    rows = [
        (names, list(_format_blocks(signatures, steps, numbers)))
        for (signatures, steps), names in names_by_history.items()
    ]
    return CaseRows(name, list(_total_blocks(formats)), rows)


def _format_blocks(
    signatures: Signatures, steps: Sequence[Step], numbers: SignatureNumbers
) -> Iterator[Block]:
    """The blocks of the formats that share a history."""
    for span in _spans(signatures, steps):
        signature = span.value
        outcome, label = (signature.outcome, signature.label) if signature else _UNKNOWN
        number = numbers.number_of(signature)
        yield Block(span.width, span.releases, outcome, label, number, "", span.is_change)


def _total_blocks(formats: Sequence[FormatHistory]) -> Iterator[Block]:
    """The blocks of the whole case; a new one begins where any of its formats changes."""
    columns = list(zip(*(history.signatures for history in formats), strict=True))
    steps = [
        Step(column[0].release, any(step.is_change for step in column))
        for column in zip(*(history.steps for history in formats), strict=True)
    ]
    for span in _spans(columns, steps):
        outcome, label, failing = _total(span.value)
        yield Block(span.width, span.releases, outcome, label, -1, failing, span.is_change)


def _total(column: Signatures) -> tuple[str, str, str]:
    """The worst outcome of a case in one release, that outcome in words, and the failing share.

    ``column`` has the signature of each format.
    """
    counts = Counter(signature.outcome if signature else "unknown" for signature in column)
    known = [outcome for outcome in counts if outcome != "unknown"]
    if not known:
        return *_UNKNOWN, ""
    worst = max(known, key=severity)
    if worst in PAIR_OUTCOMES:
        return worst, worst, ""
    applicable = sum(counts[outcome] for outcome in known if outcome != "unsupported")
    failing = sum(counts[outcome] for outcome in known if severity(outcome) > 0)
    label = f"{worst}: {failing} of {applicable} formats fail" if failing else worst
    if counts["unknown"]:
        label += f", {counts['unknown']} not known"
    return worst, label, f"{failing}/{applicable}" if 0 < failing < applicable else ""


class Span(NamedTuple, Generic[Value]):
    """Neighbouring releases that share a value."""

    value: Value
    width: int
    releases: str
    is_change: bool


def _spans(values: Sequence[Value], steps: Sequence[Step]) -> Iterator[Span[Value]]:
    """The row as spans; each begins where the value differs from its neighbour's or changed."""
    changes_so_far = accumulate(step.is_change for step in steps)
    columns = zip(values, changes_so_far, steps, strict=True)
    for (value, _), group in groupby(columns, key=lambda column: column[:2]):
        span_steps = [step for _, _, step in group]
        first, last = span_steps[0], span_steps[-1]
        releases = releases_in_words(first.release, last.release)
        yield Span(value, len(span_steps), releases, first.is_change)
