"""The search for the shortest route: which releases read, rewrite and save, in which order.

Ways with fewer releases in between come first. What a release has saved is kept, and used again for
longer ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from harness.releases.pair import Pair
from harness.releases.pair_rules import KERAS_3
from harness.userfile.routes.route import REWRITTEN, Attempted, Hop, ModelFile, Reached, Route
from harness.userfile.trying import FIRST_ARCHIVE

#: How many releases may stand between the file and the wanted one, and after how many processes
#: no further way is begun.
MOST_BETWEEN = 2
MOST_STEPS = 40
#: How many releases are tried in between.
MOST_HELPERS = 4


class Waypoint(NamedTuple):
    """A file that a search has come to, with the hops that lead to it."""

    hops: tuple[Hop, ...]
    file: ModelFile


class Step(Protocol):
    """Has a release read a file, and save it in some forms; may rewrite the config."""

    def __call__(
        self, pair: Pair, file: ModelFile, saves: Sequence[str] = (), *, rewrite: bool = False
    ) -> Reached:
        """How the release read the file, and what it has saved."""


@dataclass
class RouteSearch:
    """A search for a way into a release for a file.

    ``helpers`` are the releases that may stand in between. ``form`` is the format in which the new
    file has to be; empty if any will do. ``attempted`` gets each way that was tried.
    """

    target: Pair
    helpers: Sequence[Pair]
    step: Step
    form: str = ""
    attempted: list[Attempted] = field(default_factory=list)
    _steps: int = 0

    def find(self, file: ModelFile) -> Route | None:
        """The first way that is verified; None if none is found."""
        waypoints = [Waypoint((), file)]
        if route := self._into_target(waypoints[0]):
            return route
        for _ in range(MOST_BETWEEN):
            reached = []
            for waypoint in self._saved_from(waypoints):
                if self.was_cut_short:
                    return None
                if route := self._into_target(waypoint):
                    return route
                reached.append(waypoint)
            waypoints = _one_of_each_way(reached)
        return None

    @property
    def was_cut_short(self) -> bool:
        """Whether the search ended before all ways were tried."""
        return self._steps >= MOST_STEPS

    def _step(
        self, pair: Pair, file: ModelFile, saves: Sequence[str] = (), *, rewrite: bool = False
    ) -> Reached:
        self._steps += 1
        return self.step(pair, file, saves, rewrite=rewrite)

    def _into_target(self, waypoint: Waypoint) -> Route | None:
        """The route by which the wanted release reads a file; None if it is not verified.

        If the release has to rewrite the config or to save another format, it must also read what
        it has saved, in a fresh process.
        """
        hops, file = waypoint
        final = self._final_form(file)
        reached = self._step(self.target, file, (final,), rewrite=True)
        own = Hop(self.target, file.kind, reached.rewrites, needs=reached.needs)
        self.attempted.append(Attempted((*hops, own), reached.verdict))
        if not reached.is_verified:
            return None
        if not reached.rewrites and final == REWRITTEN:  # a fresh process has read it as it is
            return Route((*hops, own), file, reached.verdict)
        saved = reached.files.get(final)
        if saved is None:
            return None
        again = self._step(self.target, saved)
        hops = (*hops, replace(own, saves=final))
        last = Hop(self.target, saved.kind, needs=again.needs)
        self.attempted.append(Attempted((*hops, last), again.verdict))
        return Route((*hops, last), saved, again.verdict) if again.is_verified else None

    def _final_form(self, file: ModelFile) -> str:
        """The form of the file that the wanted release has to read in the end."""
        if self.form:
            return REWRITTEN if file.kind == self.form else self.form
        if file.kind == "parts":
            return "keras" if self.target.keras >= FIRST_ARCHIVE else "h5"
        return REWRITTEN

    def _saved_from(self, waypoints: Sequence[Waypoint]) -> Iterator[Waypoint]:
        """What the helpers save of files; each of them comes once on a way."""
        for hops, file in waypoints:
            for pair in self.helpers:
                if any(hop.pair == pair for hop in hops):
                    continue
                forms = forms_of(pair, file)
                reached = self._step(pair, file, forms, rewrite=bool(hops))
                own = Hop(pair, file.kind, reached.rewrites, needs=reached.needs)
                if not reached.is_verified:
                    self.attempted.append(Attempted((*hops, own), reached.verdict))
                    continue
                for form in forms:
                    if form in reached.files:
                        new = (*hops, replace(own, saves=form))
                        yield Waypoint(new, reached.files[form])


def _one_of_each_way(saved: Sequence[Waypoint]) -> list[Waypoint]:
    """The plainest of the files that the same releases have saved, to go on from."""
    found = {tuple(hop.pair for hop in each.hops): each for each in reversed(saved)}
    return list(reversed(found.values()))


def forms_of(pair: Pair, file: ModelFile) -> tuple[str, ...]:
    """The forms in which a release saves a model for others, the plainest first."""
    forms = ("keras", "h5", "parts") if pair.keras >= FIRST_ARCHIVE else ("h5", "parts")
    return ("weights",) if file.kind == "weights" else forms


def helpers_for(pairs: Sequence[Pair], writer: Pair, target: Pair) -> list[Pair]:
    """The releases that may stand between a writer and the wanted release, at most a few.

    Those that lead from one major to the other come first, then the writer itself, and one that is
    half-way. ``pairs`` are those that know the format of the file, in their order.
    """
    low, high = sorted((writer, target), key=lambda pair: pair.keras)
    between = [
        pair
        for pair in pairs
        if pair.lineage == target.lineage and low.keras <= pair.keras <= high.keras
    ]
    of_keras_2 = [pair for pair in between if pair.keras < KERAS_3]
    of_keras_3 = [pair for pair in between if pair.keras >= KERAS_3]
    bridge = [*of_keras_2[-1:], *of_keras_3[:1]] if of_keras_2 and of_keras_3 else []
    if writer.keras >= KERAS_3:
        bridge.reverse()
    halfway = between[len(between) // 2 : len(between) // 2 + 1]
    found = dict.fromkeys([*bridge, writer, *halfway])
    return [pair for pair in found if pair != target][:MOST_HELPERS]
