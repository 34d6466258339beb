"""The oracle: says how a case or script behaves at a pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from harness.bisect.observation import Observation
from harness.bisect.transplant.overlay import Overlay
from harness.releases.pair import Pair
from harness.util.errors import Fault

#: The search gives up after this many pairs without a result, all for the same external reason.
MOST_FAULTS = 3

#: Takes every observation, with ``"stored"`` or ``"probed"`` for where it comes from.
OnObservation = Callable[[str, Observation], None]


class NotRun(Fault):
    """A result is needed to go on that is not known, and nothing may be run."""


class Oracle(Protocol):
    """Says what is observed at a pair."""

    #: The number of pairs and commits that had to be run.
    probes: int

    def known(self, pair: Pair) -> Observation | None:
        """What is known about a pair without running it."""

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Make the pairs known, several at a time; a pair without a result is known as such.

        A timeout may be provisional: the run was given only a part of the time limit.
        """

    def confirm(self, pairs: Sequence[Pair]) -> None:
        """Run pairs again, with the full time limit; only provisional timeouts of them are known.

        If that shows one of them to be wrong, the other provisional timeouts are forgotten.

        Raises:
            NotRun: nothing may be run.
        """

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """What a commit, checked out in ``tree``, shows in the environment of a pair.

        Raises:
            NotRun: it is not known, and nothing may be run.
        """

    def with_overlay(
        self, pair: Pair, overlay: Overlay, limit: float, *, is_traced: bool = False
    ) -> Observation:
        """What the environment of a pair shows with an overlay in front of its Keras.

        ``limit`` is the time limit in seconds of processor time; a longer one of the request does
        not count. ``is_traced`` also records which functions of the overlay are called.

        Raises:
            NotRun: it is not known, and nothing may be run.
        """
