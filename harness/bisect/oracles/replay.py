"""The oracle of a replay: it answers from the log of an earlier bisection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.bisect.observation import Observation, read_log
from harness.bisect.oracles.oracle import NotRun
from harness.bisect.transplant.overlay import Overlay
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.util.errors import UsageError


class ReplayOracle:
    """Reads everything from the log of an earlier bisection of the same case, and runs nothing."""

    def __init__(self, log: Path, request: Request) -> None:
        """Read the log.

        Raises:
            Fault: it is damaged.
            UsageError: it belongs to another case or script.
        """
        self.probes = 0
        self._log = log
        (requested,) = request.cells
        case, format_name = requested.case, requested.format
        observations = read_log(log)
        for observation in observations:
            cell = observation.cell
            if cell and (cell.case, cell.format, cell.digest) != (
                case.name, format_name, case.digest,
            ):  # fmt: skip
                raise UsageError(
                    f"{log.name} belongs to {cell.case} ({cell.format}), or to another version of "
                    f"it, and not to {case.name} ({format_name})"
                )
        releases = [seen for seen in observations if not (seen.commit or seen.overlay)]
        self._releases = {seen.pair: seen for seen in _standing(releases)}
        self._overlays = {(seen.pair, seen.overlay): seen for seen in observations if seen.overlay}
        self._commits = {(seen.pair, seen.commit): seen for seen in observations if seen.commit}

    def known(self, pair: Pair) -> Observation | None:
        """What the log holds of the pair."""
        return self._releases.get(pair)

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Refuse to run anything.

        Raises:
            NotRun: always, as the log lacks these pairs.
        """
        raise NotRun(self._missing(pair.id for pair in pairs))

    def confirm(self, pairs: Sequence[Pair]) -> None:
        """Refuse to run anything.

        Raises:
            NotRun: always, as the log has only provisional timeouts of these pairs.
        """
        raise NotRun(self._missing(pair.id for pair in pairs))

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """What the log holds of the commit.

        Raises:
            NotRun: the log lacks it.
        """
        if (pair, commit) not in self._commits:
            raise NotRun(self._missing([f"commit {commit}"]))
        return self._commits[pair, commit]

    def with_overlay(
        self, pair: Pair, overlay: Overlay, limit: float, *, is_traced: bool = False
    ) -> Observation:
        """What the log holds of the overlay.

        Raises:
            NotRun: the log lacks it.
        """
        if (pair, overlay.digest) not in self._overlays:
            raise NotRun(self._missing([f"the transplant {overlay.digest}"]))
        return self._overlays[pair, overlay.digest]

    def _missing(self, names: Iterable[str]) -> str:
        return f"{self._log.name} holds no result of {', '.join(names)}"


def _standing(observations: Sequence[Observation]) -> list[Observation]:
    """The observations without the provisional timeouts, if one of these proved to be wrong."""
    cut_short = {seen.pair for seen in observations if seen.provisional}
    if not any(seen.pair in cut_short and _ended_by_itself(seen) for seen in observations):
        return list(observations)
    return [seen for seen in observations if not seen.provisional]


def _ended_by_itself(observation: Observation) -> bool:
    return observation.cell is not None and not observation.cell.limit
