"""The comparison of a new release with its baseline, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.analysis.attribution import differing, installed_versions
from harness.analysis.change_kinds import ChangeKind, kind_of
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results.model import GOOD_OUTCOMES, WHOLE_PAIR, CellKey, Result
from harness.results.signatures import RUNS, Signature, contrast, signature_of, signature_of_pair
from harness.util.paths import CORPUS
from harness.watch.new_files import ReaderOfNewFiles
from harness.watch.news import WatchItem

NO_PAIR = "no combination of Keras, TensorFlow and Python supports it on x86-64 Linux"


@dataclass(frozen=True)
class Difference:
    """A cell, or `WHOLE_PAIR`, that behaves differently with the new release.

    ``acknowledged`` is the reason why the difference was expected, empty if it was not;
    ``upstream`` holds the references that belong to the reason. ``writers`` are those of the saved
    file that is read differently, whose digest follows the format in the key; there are none where
    the new release reads what it has saved itself. ``corpus`` is the folder of the corpus that
    holds the file.
    """

    key: CellKey
    kind: ChangeKind
    before: Signature
    after: Signature
    acknowledged: str = ""
    upstream: tuple[str, ...] = ()
    writers: tuple[Pair, ...] = ()
    corpus: Path = CORPUS

    @property
    def file(self) -> CellKey:
        """Case and format, without the digest of a saved file."""
        case, format_name = self.key
        return case, format_name.partition("@")[0]

    @property
    def is_worse(self) -> bool:
        """Whether something that worked no longer does, and this is not acknowledged."""
        if self.acknowledged:
            return False
        is_gone = self.kind in (ChangeKind.BROKEN, ChangeKind.UNSUPPORTED)
        return self.kind is ChangeKind.REGRESSION or (
            is_gone and self.before.outcome in (*GOOD_OUTCOMES, RUNS)
        )

    @property
    def texts(self) -> tuple[str, str]:
        """The behaviour before and now, in words that differ."""
        before, after = contrast(self.before, self.after)
        return _with_message(before, self.before), _with_message(after, self.after)


@dataclass(frozen=True)
class Comparison:
    """What is known about a watch item.

    ``cells`` are known both of the pair and of its baseline. ``unknown`` says what could not be
    determined, and why. ``other_packages`` differ between the two environments besides the new
    release. ``overridden`` is whether package metadata forbids the pair, but not its baseline.

    ``files`` are the saved files that both were asked to read, and ``writers`` wrote them; there
    are none if no files were read. ``readers`` says what other releases make of the new files.
    """

    item: WatchItem
    differences: tuple[Difference, ...] = ()
    cells: frozenset[CellKey] = frozenset()
    unknown: tuple[str, ...] = ()
    other_packages: tuple[str, ...] = ()
    overridden: bool = False
    files: frozenset[CellKey] = frozenset()
    writers: tuple[Pair, ...] = ()
    readers: tuple[ReaderOfNewFiles, ...] = ()


def compare_with_baseline(
    item: WatchItem,
    results: Mapping[Pair, Result],
    request: Request,
    reasons: Mapping[Pair, str],
) -> Comparison:
    """Compare the result of an item's pair with that of its baseline.

    ``reasons`` says of a pair whose session failed why it did.
    """
    if item.pair is None:
        unresolvable = Signature("unresolvable", message=NO_PAIR)
        broken = Difference(WHOLE_PAIR, ChangeKind.BROKEN, Signature(RUNS), unresolvable)
        return Comparison(item, (broken,))
    if item.baseline is None:
        return Comparison(
            item, unknown=(f"{item.name}: there is no earlier release to compare it with",)
        )
    old, new = results[item.baseline], results[item.pair]
    unknown = tuple(_unknown_cells(request, (old, new), reasons))
    pair_differences = tuple(_differences_of_pair(request, old, new))
    overridden = _is_overridden(new) and not _is_overridden(old)
    if pair_differences or old.outcome or new.outcome:
        if old.outcome and not unknown:
            unknown = (f"{old.pair.id} has no cells to compare with: {old.outcome}",)
        return Comparison(item, pair_differences, unknown=unknown, overridden=overridden)
    cells = _known_cells(request, old) & _known_cells(request, new)
    others = differing(installed_versions(old), installed_versions(new)) - {item.package}
    return Comparison(
        item,
        tuple(_differences_of_cells(old, new, cells)),
        cells,
        unknown,
        tuple(sorted(others)),
        overridden,
    )


def _with_message(text: str, signature: Signature) -> str:
    """The text with the message of the signature, unless it says more than the label already."""
    if signature.message and text == signature.label:
        return f"{text}: {signature.message}"
    return text


def _differences_of_pair(request: Request, old: Result, new: Result) -> Iterator[Difference]:
    """The difference between the environments: one of them cannot be made.

    A missing interpreter says nothing about a release, so it makes no difference.
    """
    before, after = signature_of_pair(old), signature_of_pair(new)
    if new.outcome and not request.unknown_in(new):
        yield Difference(WHOLE_PAIR, ChangeKind.BROKEN, before, after)
    elif old.outcome and new.cells and not request.unknown_in(old):
        yield Difference(WHOLE_PAIR, ChangeKind.INSTALLABLE, before, after)


def _unknown_cells(
    request: Request, sides: tuple[Result, Result], reasons: Mapping[Pair, str]
) -> Iterator[str]:
    """For each side that does not answer the whole request: how many cells are unknown, and why."""
    for result in sides:
        if number := len(request.unknown_in(result)):
            cells = "1 cell is" if number == 1 else f"{number} cells are"
            reason = reasons.get(result.pair) or result.reason or "its session gave no reason"
            yield f"{result.pair.id}: {cells} unknown: {reason}"


def _known_cells(request: Request, result: Result) -> frozenset[CellKey]:
    unknown = {cell.key for cell in request.unknown_in(result)}
    return frozenset(cell.key for cell in request.cells) - unknown


def _differences_of_cells(
    old: Result, new: Result, cells: frozenset[CellKey]
) -> Iterator[Difference]:
    for key in sorted(cells):
        before, after = signature_of(old.cells[key]), signature_of(new.cells[key])
        if before != after:
            yield Difference(key, kind_of(before, after), before, after)


def _is_overridden(result: Result) -> bool:
    return bool(result.environment.get("overridden"))
