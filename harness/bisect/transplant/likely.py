"""Which parts are the likeliest cause: those in the tracebacks, then those that are executed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from harness.bisect.observation import Observation
from harness.bisect.transplant.graft import Graft, Part, Place
from harness.bisect.transplant.package import Package
from harness.results.model import GOOD_OUTCOMES

#: Classes of parts, the likeliest first. What only the good release executes often comes after the
#: point at which the other one fails.
_IN_TRACEBACK, _EXECUTED, _EXECUTED_BY_GOOD_SIDE, _SAME_FILE, _NOT_EXECUTED = range(5)
#: Files that only repeat the names of others for users to import.
_PUBLIC_NAMES = ("/api/", "/_tf_keras/")

#: File and line of a function that was called, or of a frame.
Spot = tuple[str, int]
#: For each file, positions in an order of likelihood, each with its line.
Positions = dict[str, list[tuple[int, int]]]
#: The class of a part, and its place within the class.
Rank = tuple[int, int]


class Likelihood:
    """Orders the parts of a graft by what was executed in its base and in its donor.

    ``in_base`` and ``in_donor`` are observations of the two releases with what they executed.
    """

    def __init__(self, graft: Graft, in_base: Observation, in_donor: Observation) -> None:
        self._graft = graft
        self._spots = (_by_file(_spots(in_base)), _by_file(_spots(in_donor)))
        self._frames = (
            _by_file(_frame_spots(graft.base, in_base)),
            _by_file(_frame_spots(graft.donor, in_donor)),
        )
        self._fails = [_fails(seen) for seen in (in_base, in_donor)]
        self._ranks: dict[Part, Rank] = {}

    @property
    def executed_files(self) -> list[str]:
        """The files that differ and have a function that either release calls, likeliest first.

        Without a trace of either release, there are none.
        """
        base, donor = self._spots
        return self.ordered_files(file for file in base | donor if self._graft.differs(file))

    def ordered_files(self, files: Iterable[str]) -> list[str]:
        """Files by their likeliest part."""
        return sorted(files, key=lambda file: (self._rank_of_file(file), _is_public(file), file))

    def ordered_parts(self, parts: Iterable[Part]) -> list[Part]:
        """Parts, the likeliest first."""
        return sorted(parts, key=lambda part: (self._rank(part), part))

    def is_in_traceback(self, part: Part) -> bool:
        """Whether the traceback of either release goes through a part."""
        return self._rank(part)[0] == _IN_TRACEBACK

    def is_file_in_traceback(self, file: str) -> bool:
        """Whether the traceback of either release goes through a changed part of a file."""
        return self._rank_of_file(file)[0] == _IN_TRACEBACK

    def _rank_of_file(self, file: str) -> Rank:
        return min(map(self._rank, self._graft.parts(file)), default=(_NOT_EXECUTED, 0))

    def _rank(self, part: Part) -> Rank:
        if part not in self._ranks:
            self._ranks[part] = self._new_rank(part)
        return self._ranks[part]

    def _new_rank(self, part: Part) -> Rank:
        """The class of a part, and its distance from the point at which the failing release fails.

        The distance is the number of frames below its own, or of functions first called after it.
        """
        if depths := self._positions(part, self._frames):
            return _IN_TRACEBACK, min(min(found) for found in depths.values())
        executed = self._positions(part, self._spots)
        for side, found in executed.items():
            if self._fails[side]:
                return _EXECUTED, min(found)
        if executed:
            kind = _EXECUTED_BY_GOOD_SIDE if any(self._fails) else _EXECUTED
            return kind, min(min(found) for found in executed.values())
        is_file_executed = any(part.file in spots for spots in self._spots)
        return (_SAME_FILE if is_file_executed else _NOT_EXECUTED), 0

    def _positions(self, part: Part, sides: Sequence[Positions]) -> dict[int, list[int]]:
        """The positions at which each side has a part, for the sides that have it at all."""
        place = self._graft.place(part)
        found = {
            side: [
                position
                for position, line in positions.get(part.file, ())
                if _covers(place, side, line)
            ]
            for side, positions in enumerate(sides)
        }
        return {side: positions for side, positions in found.items() if positions}


def _covers(place: Place | None, side: int, line: int) -> bool:
    """Whether a place, or a whole file, has a line of the base (``side`` 0) or of the donor (1)."""
    if place is None:
        return True
    unit = (place.base, place.donor)[side]
    return unit is not None and unit.first <= line <= unit.last


@cache
def _is_public(file: str) -> bool:
    return any(mark in f"/{file}" for mark in _PUBLIC_NAMES)


def _fails(seen: Observation) -> bool:
    return seen.cell is not None and seen.cell.outcome not in GOOD_OUTCOMES


def _spots(seen: Observation) -> list[Spot]:
    """File and line of the functions that were called, ordered by first call, the latest first."""
    pairs = (spot.rpartition(":") for spot in reversed(seen.executed))
    return [(file, int(line)) for file, _, line in pairs]


def _frame_spots(package: Package, seen: Observation) -> list[Spot]:
    """File and line of the frames of an exception, the innermost first."""
    spots = []
    for module, _, line in reversed(seen.frames):
        file = package.module_file(str(module))
        spots.append((file or "", int(line or 0)))
    return spots


def _by_file(spots: Iterable[Spot]) -> Positions:
    """The positions in the list, and the lines, of the spots in each file."""
    found: Positions = {}
    for number, (file, line) in enumerate(spots):
        found.setdefault(file, []).append((number, line))
    return found
