"""Points and observations for tests, and an oracle that knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from packaging.version import Version

from harness.bisect.axes import Point
from harness.bisect.observation import Observation, observation_from
from harness.bisect.oracles.oracle import NotRun
from harness.bisect.transplant.overlay import Overlay
from harness.releases.pair import Pair
from harness.results.model import Cell, ExceptionRecord
from tests import recorded

#: What stands for a pass, and for no result, in the place of an exception type.
PASS = "pass"
SILENT = "silent"
#: Stands for a run that never ends, and for one that ends with a pass if it is given the full time.
HANG = "hang"
SLOW = "slow"


def point(minor: int) -> Point:
    """The invented release 3.MINOR.0 of Keras, one day after the one before."""
    version = Version(f"3.{minor}.0")
    pair = Pair("keras", version, Version("2.18.0"), "3.11")
    return Point(version, date(2024, 1, 1) + timedelta(days=minor), pair)


def observation(
    pair: Pair, behaviour: str, message: str = "", frames: Sequence[Sequence[object]] = ()
) -> Observation:
    """An observation of a pass, a hang, no result, or an exception of the type ``behaviour``."""
    if behaviour == SILENT:
        return Observation(pair, reason="install-error: offline")
    if behaviour == HANG:
        return Observation(pair, Cell("case", "keras", "timeout", "digest", 60.0, 60.0))
    if behaviour in (PASS, SLOW):
        return Observation(pair, Cell("case", "keras", "pass", "digest"))
    error: ExceptionRecord = {
        "type": behaviour,
        "message": message,
        "frames": [list(frame) for frame in frames],
    }
    return Observation(pair, Cell("case", "keras", "load-error", "digest", error=error))


class WithoutTransplants:
    """Part of an oracle that knows no transplant, and may run none."""

    def with_overlay(
        self, pair: Pair, overlay: Overlay, limit: float, *, is_traced: bool = False
    ) -> Observation:
        raise NotRun("no transplant is known")


class HistoryOracle(WithoutTransplants):
    """Knows the behaviour at each pair, and says it only once it was asked."""

    def __init__(self, behaviours: Mapping[Pair, str]) -> None:
        self.probes = 0
        self.rounds: list[list[Pair]] = []
        self._behaviours = behaviours
        self._asked: dict[Pair, Observation] = {}

    def known(self, pair: Pair) -> Observation | None:
        return self._asked.get(pair)

    def ask(self, pairs: Sequence[Pair]) -> None:
        assert not self._asked.keys() & set(pairs)
        self.probes += len(pairs)
        self.rounds.append(list(pairs))
        self._asked |= {pair: observation(pair, self._behaviours[pair]) for pair in pairs}

    def confirm(self, pairs: Sequence[Pair]) -> None:
        raise AssertionError("nothing is provisional")

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        raise NotImplementedError


class HastyOracle(HistoryOracle):
    """Takes every hang, and every slow run, for a provisional timeout until it has to confirm it.

    ``confirmed`` are the pairs that it was asked to confirm. Like a real oracle, it forgets the
    provisional timeouts once one of them was wrong, and is not hasty any more.
    """

    def __init__(self, behaviours: Mapping[Pair, str]) -> None:
        super().__init__(behaviours)
        self.confirmed: list[Pair] = []
        self._is_hasty = True

    def ask(self, pairs: Sequence[Pair]) -> None:
        super().ask(pairs)
        for pair in pairs:
            if self._is_hasty and self._behaviours[pair] in (HANG, SLOW):
                self._asked[pair] = provisional_timeout(pair)

    def confirm(self, pairs: Sequence[Pair]) -> None:
        assert all(self._asked[pair].provisional for pair in pairs)
        self.confirmed += pairs
        self._asked |= {pair: observation(pair, self._behaviours[pair]) for pair in pairs}
        if any(self._behaviours[pair] == SLOW for pair in pairs):
            self._is_hasty = False
            self._asked = {pair: seen for pair, seen in self._asked.items() if not seen.provisional}


def provisional_timeout(pair: Pair) -> Observation:
    """A timeout after five seconds of the sixty that were asked for."""
    cell = Cell("case", "keras", "timeout", "digest", 5.0, 5.0)
    return Observation(pair, cell, provisional=True)


class RecordedOracle(WithoutTransplants):
    """Knows the recorded results of one case in one format; other pairs have no result."""

    def __init__(self, case: str, format_name: str) -> None:
        self.probes = 0
        self._case, self._format = case, format_name
        self._not_recorded: set[Pair] = set()

    def known(self, pair: Pair) -> Observation | None:
        if pair in self._not_recorded:
            return Observation(pair, reason="not recorded")
        if not recorded.path(pair.file_name).exists():
            return None
        return observation_from(recorded.result(pair.file_name), self._case, self._format)

    def ask(self, pairs: Sequence[Pair]) -> None:
        self.probes += len(pairs)
        self._not_recorded |= set(pairs)

    def confirm(self, pairs: Sequence[Pair]) -> None:
        raise AssertionError("nothing is provisional")

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        raise NotImplementedError
