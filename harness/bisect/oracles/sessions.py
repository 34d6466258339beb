"""Oracles that look at stored results, and run the Nox sessions of the pairs that have none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.bisect.observation import NOT_RUN, Observation, observation_from
from harness.bisect.oracles.commit_log import CommitLog
from harness.bisect.oracles.learned_limit import LEAST, LearnedLimit
from harness.bisect.oracles.oracle import MOST_FAULTS, NotRun, OnObservation
from harness.bisect.oracles.tree_runs import run_commit, run_overlay
from harness.bisect.transplant.overlay import Overlay
from harness.environments.builder import Environment, EnvironmentBuilder
from harness.execution.cases import Script
from harness.execution.forkserver.compatibility import OLDEST_TENSORFLOW
from harness.execution.request import Request
from harness.execution.sessions import run_sessions
from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import NO_INTERPRETER
from harness.util.errors import Fault
from harness.util.paths import PROBES, RESULTS, TRIALS, WORK

COMMITS = WORK / "bisect" / "commits"
TRANSPLANTS = WORK / "bisect" / "transplants"


class SessionOracle:
    """Looks at stored results first, and runs the sessions of the other pairs.

    A stored timeout with less than the full time limit answers provisionally.
    """

    def __init__(
        self,
        request: Request,
        builder: EnvironmentBuilder,
        tell: OnObservation,
        *,
        workers: int,
        rerun: bool = False,
    ) -> None:
        self.probes = 0
        self._request = replace(request, folder=PROBES, rerun=rerun)
        (cell,) = request.cells
        self._case, self._format = cell.case, cell.key[1]
        self._limit = LearnedLimit(cell.case.limit(request.limit))
        self._builder = builder
        self._tell = tell
        self._workers = workers
        self._observations: dict[Pair, Observation] = {}
        self._not_stored: set[Pair] = set()
        self._faults: Counter[str] = Counter()
        self._reasons: dict[Pair, str] = {}

    @property
    def published(self) -> Path:
        """The folder of the published results that it looks at."""
        return RESULTS

    def known(self, pair: Pair) -> Observation | None:
        """What this search has observed already, or what is stored."""
        if pair not in self._observations and pair not in self._not_stored:
            stored = None if self._request.rerun else self._stored_anywhere(pair)
            if stored is None:
                self._not_stored.add(pair)
            else:
                self._take("stored", stored)
        seen = self._observations.get(pair)
        return seen if seen is None or self._is_accepted(seen) else None

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Run the sessions of the pairs; those that fail for an external reason are run twice.

        Raises:
            Fault: the case or script cannot be run at all, or too many pairs fail for one reason.
        """
        by_limit: dict[float, list[Pair]] = {}
        for pair in pairs:
            by_limit.setdefault(self._first_limit(pair), []).append(pair)
        for limit, alike in by_limit.items():
            self._ask(alike, limit)

    def confirm(self, pairs: Sequence[Pair]) -> None:
        """Run the sessions of the pairs again, with the full limit.

        Raises:
            Fault: as `ask`.
        """
        self._ask(pairs, self._limit.full)
        seen = [self._observations[pair].cell for pair in pairs]
        if any(cell is not None and not cell.limit for cell in seen):
            self._limit.refute()

    def _first_limit(self, pair: Pair) -> float:
        """The limit of the first run; a fork server has imported TensorFlow before the script."""
        may_be_forked = (
            self._request.fork_server and not pair.edits and pair.tensorflow >= OLDEST_TENSORFLOW
        )
        is_script = isinstance(self._case, Script)
        return self._limit.first(with_imports=is_script and not may_be_forked)

    def _ask(self, pairs: Sequence[Pair], limit: float) -> None:
        self.probes += len(pairs)
        for pair in self._run_twice(pairs, replace(self._request, limit=limit)):
            reason = self._reasons.get(pair, "the session gave no reason")
            self._take("probed", Observation(pair, reason=reason))
            if self._lacks_interpreter(pair):
                continue
            self._faults[reason] += 1
            if self._faults[reason] >= MOST_FAULTS:
                raise Fault(f"{MOST_FAULTS} pairs gave no result for the same reason: {reason}")

    def ask_again(self, pairs: Sequence[Pair]) -> None:
        """Run pairs anew, whatever is known about them, each time with another hash seed.

        What chance has a part in is stored apart: no other search may take it for a fact.
        """
        for pair in pairs:
            self._observations.pop(pair, None)
        self.probes += len(pairs)
        request = replace(self._request, folder=TRIALS, rerun=True, vary=True)
        for pair in self._run_twice(pairs, request):
            self._take("probed", Observation(pair, reason=self._reasons.get(pair, "")))

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """Run the cell with the Keras of the commit, or read what is stored of it.

        Raises:
            Fault: a failure outside the commit.
            NoEnvironment: the pair has none.
        """
        kept = None if self._request.rerun else self._kept_at_commit(pair, commit)
        if kept is not None:
            self._tell("stored", kept)
            return kept
        self.probes += 1
        with store.lock(pair):
            environment = self._builder.make(pair)
            observation = run_commit(environment, self._request, commit, tree)
        self._commit_log.append(observation)
        self._tell("probed", observation)
        return observation

    def with_overlay(
        self, pair: Pair, overlay: Overlay, limit: float, *, is_traced: bool = False
    ) -> Observation:
        """Run the cell with an overlay in front of the installed Keras, or read what is stored.

        Raises:
            Fault: a failure outside the overlay.
            NoEnvironment: the pair has none.
        """
        kept = self._kept_with_overlay(pair, overlay, limit, is_traced=is_traced)
        if kept is not None and not self._request.rerun:
            self._tell("stored", kept)
            return kept
        self.probes += 1
        request = replace(self._request, limit=min(limit, self._request.limit))
        with store.lock(pair):
            environment = self._builder.make(pair)
            observation = self._run_overlay(environment, request, overlay, is_traced=is_traced)
        self._overlay_log.append(observation)
        self._tell("probed", observation)
        return observation

    def _run_overlay(
        self, environment: Environment, request: Request, overlay: Overlay, *, is_traced: bool
    ) -> Observation:
        return run_overlay(environment, request, overlay, is_traced=is_traced)

    def _kept_at_commit(self, pair: Pair, commit: str) -> Observation | None:
        """The newest kept observation of a commit that still holds."""
        for seen in reversed(self._commit_log.read()):
            is_same = (seen.pair, seen.commit) == (pair, commit)
            if is_same and self._is_valid(seen, self._request.limit):
                return seen
        return None

    def _kept_with_overlay(
        self, pair: Pair, overlay: Overlay, limit: float, *, is_traced: bool
    ) -> Observation | None:
        """The newest kept observation of an overlay that holds for a time limit."""
        for seen in reversed(self._overlay_log.read()):
            is_same = (seen.pair, seen.overlay) == (pair, overlay.digest)
            if is_same and self._is_valid(seen, limit) and (seen.executed or not is_traced):
                return seen
        return None

    @property
    def _commit_log(self) -> CommitLog:
        return CommitLog(COMMITS / self._log_name)

    @property
    def _overlay_log(self) -> CommitLog:
        return CommitLog(TRANSPLANTS / self._log_name)

    @property
    def _log_name(self) -> str:
        return f"{self._case.name}.{self._format}.{self._case.digest}.jsonl"

    def _run_twice(self, pairs: Sequence[Pair], request: Request) -> list[Pair]:
        """Run the sessions, and once more those without a result; return those still without."""
        return self._run(self._run(pairs, request), request)

    def _run(self, pairs: Sequence[Pair], request: Request) -> list[Pair]:
        """Run the sessions; return the pairs without a result and keep the reasons."""
        if not pairs:
            return []
        reports = run_sessions(pairs, request, lambda *_: None, workers=self._workers)
        if problems := {problem for report in reports for problem in report.problems}:
            raise Fault("; ".join(sorted(problems)))
        self._reasons = {report.pair: report.reason for report in reports if report.code}
        unknown = []
        for pair in pairs:
            observation = None if pair in self._reasons else self._stored(pair, request)
            if observation is None:
                unknown.append(pair)
            else:
                self._take("probed", observation)
        return unknown

    def _lacks_interpreter(self, pair: Pair) -> bool:
        """Whether this machine has no Python for a pair; other pairs may be of another Python."""
        return store.read_or_empty(pair, PROBES).outcome == NO_INTERPRETER

    def _is_valid(self, stored: Observation, limit: float) -> bool:
        """Whether a stored observation holds for a time limit: a timeout only up to its own."""
        cell = stored.cell
        if cell is None or cell.outcome != "timeout":
            return True
        return cell.limit >= self._case.limit(min(limit, self._request.limit))

    def _is_accepted(self, seen: Observation) -> bool:
        """Whether an observation is certain, or may stand for now."""
        return not seen.provisional or (seen.cell is not None and self._limit.accepts(seen.cell))

    def _take(self, origin: str, observation: Observation) -> None:
        self._observations[observation.pair] = observation
        if observation.cell is not None:
            self._limit.learn(observation.cell)
        self._tell(origin, observation)

    def _stored_anywhere(self, pair: Pair) -> Observation | None:
        """What the published results hold, or else the probes of earlier bisections.

        A timeout with less than the full limit counts only where there is nothing certain.
        """
        least = replace(self._request, limit=self._least_limit)
        requests = (replace(least, folder=self.published), least)
        found = [seen for request in requests if (seen := self._stored(pair, request))]
        return min(found, key=lambda seen: seen.provisional, default=None)

    @property
    def _least_limit(self) -> float:
        """The least limit with which a stored timeout can answer, provisionally at least."""
        return min(LEAST, self._limit.full)

    def _stored(self, pair: Pair, request: Request) -> Observation | None:
        """What the folder of a request holds, if it answers the request."""
        try:
            result = store.read_pair(pair, request.folder)
        except DamagedResult:
            return None
        if result is None or request.unknown_in(result):
            return None
        seen = observation_from(result, self._case.name, self._format)
        return replace(seen, provisional=not self._is_valid(seen, self._request.limit))


class StoredOracle(SessionOracle):
    """Knows what is stored and runs nothing: a pair that is not stored has no result."""

    @property
    def _least_limit(self) -> float:
        """The full limit: a provisional timeout could not be confirmed."""
        return self._limit.full

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Record that each pair has no result."""
        for pair in pairs:
            self._take("stored", Observation(pair, reason=NOT_RUN))

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """What an earlier bisection kept of the commit.

        Raises:
            NotRun: none has run it.
        """
        kept = self._kept_at_commit(pair, commit)
        if kept is None:
            raise NotRun(f"commit {commit[:12]} has not been run with {pair.id}")
        self._tell("stored", kept)
        return kept

    def with_overlay(
        self, pair: Pair, overlay: Overlay, limit: float, *, is_traced: bool = False
    ) -> Observation:
        """What an earlier bisection kept of the overlay.

        Raises:
            NotRun: none has run it.
        """
        kept = self._kept_with_overlay(pair, overlay, limit, is_traced=is_traced)
        if kept is None:
            raise NotRun(f"a transplant has not been run with {pair.id}")
        self._tell("stored", kept)
        return kept
