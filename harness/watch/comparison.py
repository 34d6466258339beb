"""The verdict on a new release: how its cells differ from those of the release before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from harness.analysis.attribution import differing, installed_versions
from harness.analysis.change_kinds import ChangeKind, kind_of
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results.model import WHOLE_PAIR, CellKey, Result
from harness.results.signatures import RUNS, Signature, contrast, signature_of, signature_of_pair
from harness.watch.news import WatchItem

NO_PAIR = "no TensorFlow and no Python go with it on x86-64 Linux"


@dataclass(frozen=True)
class Difference:
    """One cell, or `WHOLE_PAIR`, that came to something else; ``acknowledged`` says why."""

    key: CellKey
    kind: ChangeKind
    before: Signature
    after: Signature
    acknowledged: str = ""
    upstream: tuple[str, ...] = ()

    @property
    def is_worse(self) -> bool:
        """Whether something that worked does not, and nobody has acknowledged it."""
        if self.acknowledged:
            return False
        gone = self.kind in (ChangeKind.BROKEN, ChangeKind.UNSUPPORTED)
        return self.kind is ChangeKind.REGRESSION or (
            gone and self.before.outcome in ("pass", RUNS)
        )

    @property
    def words(self) -> tuple[str, str]:
        """Both sides as texts that differ, with what is raised."""
        old, new = contrast(self.before, self.after)
        return _with_message(old, self.before), _with_message(new, self.after)


@dataclass(frozen=True)
class Comparison:
    """What is to be said of a watched pair.

    ``cells`` are those that both sides know; ``unknown`` says in words what could not be told;
    ``others`` are the packages that differ between the two environments beside the new one;
    ``overridden`` is whether metadata forbids the watched pair alone.
    """

    watched: WatchItem
    differences: tuple[Difference, ...] = ()
    cells: frozenset[CellKey] = frozenset()
    unknown: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    overridden: bool = False


def compare_with_baseline(
    watched: WatchItem,
    results: Mapping[Pair, Result],
    request: Request,
    reasons: Mapping[Pair, str],
) -> Comparison:
    """Hold the result of a watched pair against that of its baseline.

    ``reasons`` says why a pair is not known, where it is not.
    """
    if watched.pair is None:
        nothing = Signature("unresolvable", message=NO_PAIR)
        return Comparison(
            watched, (Difference(WHOLE_PAIR, ChangeKind.BROKEN, Signature(RUNS), nothing),)
        )
    if watched.baseline is None:
        return Comparison(
            watched, unknown=(f"{watched.name}: nothing before it to hold it against",)
        )
    old, new = results[watched.baseline], results[watched.pair]
    asked = replace(request, rerun=False)
    unknown = tuple(_unknown(asked, (old, new), reasons))
    whole = tuple(_of_the_pair(asked, old, new))
    forbidden = _is_overridden(new) and not _is_overridden(old)
    if whole or old.outcome or new.outcome:
        if old.outcome and not unknown:
            unknown = (f"{old.pair.id} has no cells to hold others against: {old.outcome}",)
        return Comparison(watched, whole, unknown=unknown, overridden=forbidden)
    known = [_known(asked, each) for each in (old, new)]
    cells = frozenset.intersection(*known)
    found = tuple(_differences(old, new, cells))
    others = differing(installed_versions(old), installed_versions(new)) - {watched.package}
    return Comparison(watched, found, cells, unknown, tuple(sorted(others)), forbidden)


def _with_message(told: str, signature: Signature) -> str:
    return f"{told}: {signature.message}" if signature.message and told == signature.label else told


def _of_the_pair(asked: Request, old: Result, new: Result) -> Iterator[Difference]:
    """The environments themselves; what a missing interpreter says is not of the release."""
    before, after = signature_of_pair(old), signature_of_pair(new)
    if new.outcome and not asked.unknown_in(new):
        yield Difference(WHOLE_PAIR, ChangeKind.BROKEN, before, after)
    elif old.outcome and new.cells and not asked.unknown_in(old):
        yield Difference(WHOLE_PAIR, ChangeKind.INSTALLABLE, before, after)


def _unknown(
    asked: Request, sides: tuple[Result, Result], reasons: Mapping[Pair, str]
) -> Iterator[str]:
    for each in sides:
        if cells := len(asked.unknown_in(each)):
            reason = reasons.get(each.pair) or each.reason or "its session says nothing"
            yield f"{each.pair.id}: {cells} cells are not known: {reason}"


def _known(asked: Request, result: Result) -> frozenset[CellKey]:
    every, missing = asked.cells, asked.unknown_in(result)
    return frozenset((case.name, name) for case, name in every) - {
        (case.name, name) for case, name in missing
    }


def _differences(old: Result, new: Result, cells: frozenset[CellKey]) -> Iterator[Difference]:
    for key in sorted(cells):
        before, after = signature_of(old.cells[key]), signature_of(new.cells[key])
        if before != after:
            yield Difference(key, kind_of(before, after), before, after)


def _is_overridden(result: Result) -> bool:
    return bool(result.environment.get("overridden"))
