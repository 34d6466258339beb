"""The cause of a change between two releases of a package, as far as it can be proven."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from harness.bisect.code_diff import changed_code, renumbered
from harness.bisect.ddmin import Verdict
from harness.bisect.observation import Observation
from harness.bisect.source_diff import FunctionDiff
from harness.bisect.transplant.graft import Graft, Part
from harness.bisect.transplant.likely import Likelihood
from harness.bisect.transplant.overlay import Overlay
from harness.bisect.transplant.package import Package
from harness.bisect.transplant.search import smallest_parts
from harness.bisect.transplant.trials import TooManyTrials, Trials
from harness.bisect.transplant.units import Unit, lines_of
from harness.util.wording import counted

#: Runs an overlay, and records what it executes if the second argument is set.
Run = Callable[[Overlay, bool], Observation]
#: Whether an observation is that of the newer release; None where it is like neither.
IsNewer = Callable[[Observation], Verdict]


#: If two releases have a smaller share of their files in common, one is a rewrite of the other, and
#: parts of one do not work in the other.
LEAST_IN_COMMON = 0.5


@dataclass(frozen=True)
class Cause:
    """The parts that make the difference between two releases.

    ``old`` and ``new`` are the sources of the releases. ``parts`` is what was exchanged, the
    likeliest first; what a part needs to work is among them. ``to_newer`` says whether the older
    release with these parts of the newer was seen to behave like the newer one, ``to_older``
    whether the newer release with those of the older was seen to behave like the older one.
    ``whole_files`` says that the latter took all of the files that the parts are in. ``trials`` is
    the number of transplants that were tried. ``beside`` names the other packages that changed
    together with this one; all transplants had their newer releases.
    """

    old: Package
    new: Package
    parts: tuple[Part, ...]
    to_newer: bool
    to_older: bool
    whole_files: bool
    trials: int
    beside: str = ""

    @property
    def diffs(self) -> list[FunctionDiff]:
        """What changed in the code of each part."""
        graft = Graft(self.old, self.new)
        return [_diff_of_part(graft, part) for part in self.parts]

    @property
    def texts(self) -> dict[str, str | None]:
        """The files of the older release with the parts of the newer."""
        return Graft(self.old, self.new).texts(self.parts)


class CauseSearch(NamedTuple):
    """The cause, or why there is none."""

    cause: Cause | None
    reason: str = ""


def find_cause(old: Package, new: Package, run: Run, is_newer: IsNewer) -> CauseSearch:
    """Search for the fewest parts of the newer release that flip the behaviour of the older one.

    Each release is run as a whole first, unless one is a rewrite of the other. Where the search in
    the older release finds nothing, the newer one is searched with parts of the older.

    Raises:
        NotRun: a transplant is not known, and nothing may be run.
        Fault: a failure outside the releases.
        NoEnvironment: there is no environment to run them in.
    """
    common, most = len(old.files & new.files), max(len(old.files), len(new.files))
    if common < LEAST_IN_COMMON * most:
        return CauseSearch(None, f"the two releases have {common} of {most} files in common")
    overlays = [
        Overlay(package.root, package.name, title=f"{package.version} as a whole")
        for package in (old, new)
    ]
    whole = [run(overlay, True) for overlay in overlays]
    for package, seen, expected in zip((old, new), whole, (False, True), strict=True):
        if is_newer(seen) is not expected:
            return CauseSearch(None, _why_unlike(package, seen))
    return _CauseFinder(Graft(old, new), whole, run, is_newer).search()


def _why_unlike(package: Package, seen: Observation) -> str:
    if seen.signature is None:
        return f"{package.root.name} as a whole gave {seen.words} in the environment {seen.pair.id}"
    return (
        f"the sources of {package.root.name} alone do not make the difference: in the environment "
        f"{seen.pair.id} they give {seen.words}"
    )


class _CauseFinder:
    """The trials in both directions."""

    def __init__(self, graft: Graft, whole: list[Observation], run: Run, is_newer: IsNewer) -> None:
        def is_older(seen: Observation) -> Verdict:
            newer = is_newer(seen)
            return None if newer is None else not newer

        def run_untraced(overlay: Overlay) -> Observation:
            return run(overlay, False)

        self._whole = whole
        self._graft = graft
        self._to_newer = Trials(graft, run_untraced, is_newer)
        self._to_older = Trials(graft.reverse, run_untraced, is_older)

    def search(self) -> CauseSearch:
        """The cause from the older release to the newer, or else the other way round."""
        before, after = self._whole
        parts = _found(self._to_newer, Likelihood(self._graft, before, after))
        if not parts:
            return self._search_backwards()
        to_older = bool(self._to_older.turn(parts))
        whole_files = not to_older and bool(self._to_older.turn_files({p.file for p in parts}))
        applied = self._in_order(parts, self._to_newer)
        return CauseSearch(self._cause(applied, True, to_older or whole_files, whole_files))

    def _search_backwards(self) -> CauseSearch:
        before, after = self._whole
        parts = _found(self._to_older, Likelihood(self._to_older.graft, after, before))
        if not parts:
            trials = self._to_newer.count + self._to_older.count
            return CauseSearch(None, f"no parts were found in {counted(trials, 'transplant')}")
        applied = self._in_order(parts, self._to_older)
        return CauseSearch(self._cause(applied, False, True, False))

    def _in_order(self, parts: list[Part], trials: Trials) -> list[Part]:
        """The parts, and then what they need."""
        return [*parts, *sorted(trials.applied(parts) - set(parts))]

    def _cause(
        self, parts: Iterable[Part], to_newer: bool, to_older: bool, whole_files: bool
    ) -> Cause:
        graft = self._graft
        trials = len(self._whole) + self._to_newer.count + self._to_older.count
        return Cause(graft.base, graft.donor, tuple(parts), to_newer, to_older, whole_files, trials)


def _found(trials: Trials, likely: Likelihood) -> list[Part]:
    """The fewest parts; none where the search takes too long or finds none."""
    try:
        return smallest_parts(trials, likely)
    except TooManyTrials:
        return []


def _diff_of_part(graft: Graft, part: Part) -> FunctionDiff:
    """The change of a part as a unified diff; docstrings, comments and layout are left out."""
    place = graft.place(part)
    titles = tuple(
        f"{sign} {package.root.name}/{part.file}"
        for sign, package in (("---", graft.base), ("+++", graft.donor))
    )
    if place is None:
        old, new = (_lines(package.text(part.file)) for package in (graft.base, graft.donor))
        hunks = list(difflib.unified_diff(old, new, lineterm=""))[2:]
        return FunctionDiff(part.file, part.name, "\n".join([*titles, *hunks]))
    old, new = _own_lines(place.base), _own_lines(place.donor)
    offsets = _lines_before(place.base), _lines_before(place.donor)
    hunks = [renumbered(line, *offsets) for line in changed_code(old, new)]
    return FunctionDiff(part.file, part.name, "\n".join([*titles, *hunks]))


def _own_lines(unit: Unit | None) -> list[str]:
    """The lines of a unit without the comments and empty lines before it."""
    return _lines(unit.text)[-(unit.last - unit.first + 1) :] if unit else []


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\n") for line in lines_of(text)]


def _lines_before(unit: Unit | None) -> int:
    return unit.first - 1 if unit else 0
