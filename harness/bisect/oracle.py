"""The prober: what a pair answers to one case or script, from what is stored or from a probe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from harness.bisect.observation import Observation, log_line, observation_from, read_log
from harness.environments.builder import Environment, EnvironmentBuilder
from harness.execution.cell_process import run_cells
from harness.execution.events import CellFinished, ImportFailed, Ready, Tick
from harness.execution.forkserver.pool import process_starter, run_folder
from harness.execution.request import Request
from harness.execution.run_pair import cell_from
from harness.execution.sessions import run_sessions
from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult
from harness.util.errors import Fault, UsageError
from harness.util.paths import PROBES, RESULTS, WORK

COMMITS = WORK / "bisect" / "commits"
#: So many pairs that fail for one reason outside them are enough.
MOST_FAULTS = 3

OnObservation = Callable[[str, Observation], None]


class Oracle(Protocol):
    """Whoever can say what a pair answers."""

    #: How many pairs and commits were asked that nothing was known of.
    probes: int

    def known(self, pair: Pair) -> Observation | None:
        """What is known of a pair without asking it."""

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Make the pairs known, several at a time; those that give no answer are known as such."""

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """What a commit answers that is checked out in ``tree``, in the environment of a pair."""


class SessionOracle:
    """Asks through the sessions of the pairs, and looks first at what is stored."""

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
        ((self._case, self._format),) = request.cells
        self._builder = builder
        self._tell = tell
        self._workers = workers
        self._seen: dict[Pair, Observation] = {}
        self._unknown: set[Pair] = set()
        self._faults: Counter[str] = Counter()
        self._reasons: dict[Pair, str] = {}

    def known(self, pair: Pair) -> Observation | None:
        """What this search was told already, or what is stored."""
        if pair not in self._seen and pair not in self._unknown:
            folders = () if self._request.rerun else (RESULTS, PROBES)
            found = next(filter(None, (self._stored(pair, each) for each in folders)), None)
            if found is None:
                self._unknown.add(pair)
            else:
                self._take("stored", found)
        return self._seen.get(pair)

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Run the sessions of the pairs; what fails for a reason outside them is asked again once.

        Raises:
            Fault: the case or script itself cannot be run, or one reason keeps too many pairs.
        """
        self.probes += len(pairs)
        for pair in self._run(self._run(pairs, self._request), self._request):
            reason = self._reasons.get(pair, "its session says nothing")
            self._take("probed", Observation(pair, reason=reason))
            self._faults[reason] += 1
            if self._faults[reason] >= MOST_FAULTS:
                raise Fault(f"{MOST_FAULTS} pairs give no answer for one reason: {reason}")

    def ask_again(self, pairs: Sequence[Pair]) -> None:
        """Ask pairs anew, whatever is known of them, and let chance in."""
        for pair in pairs:
            self._seen.pop(pair, None)
        self.probes += len(pairs)
        again = replace(self._request, rerun=True, vary=True)
        for pair in self._run(self._run(pairs, again), again):
            self._take("probed", Observation(pair, reason=self._reasons.get(pair, "")))

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """Run the cell with the commit's Keras before the environment's, or read what is kept.

        Raises:
            Fault: a failure outside the commit.
            NoEnvironment: the pair has none.
        """
        kept = COMMITS / f"{self._case.name}.{self._format}.{self._case.digest}.jsonl"
        for observed in read_log(kept) if kept.exists() else ():
            if (observed.commit, observed.pair) == (commit, pair) and self._lasts(observed):
                self._tell("stored", observed)
                return observed
        self.probes += 1
        with store.lock(pair):
            observed = self._run_commit(pair, commit, tree)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("a", encoding="utf-8") as file:
            file.write(log_line(observed))
        self._tell("probed", observed)
        return observed

    def _run(self, pairs: Sequence[Pair], request: Request) -> list[Pair]:
        """Run the sessions; return the pairs that are still not known, `_reasons` says why."""
        if not pairs:
            return []
        reports = run_sessions(pairs, request, lambda *_: None, workers=self._workers)
        if problems := {problem for each in reports for problem in each.problems}:
            raise Fault("; ".join(sorted(problems)))
        self._reasons = {each.pair: each.reason for each in reports if each.code}
        left = []
        for pair in pairs:
            found = None if pair in self._reasons else self._stored(pair, PROBES)
            if found is None:
                left.append(pair)
            else:
                self._take("probed", found)
        return left

    def _lasts(self, observed: Observation) -> bool:
        cell = observed.cell
        if cell is None or cell.outcome != "timeout":
            return True
        return cell.limit >= self._case.limit(self._request.limit)

    def _run_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        if not (tree / "keras" / "__init__.py").is_file():
            return Observation(pair, reason="it has no keras/__init__.py", commit=commit)
        environment = self._builder.make(pair)
        for event in self._events(environment, tree):
            if isinstance(event, ImportFailed):
                reason = f"import-error: {event.error['type']}: {event.error['message']}"
                return Observation(pair, reason=reason, commit=commit)
            if isinstance(event, CellFinished):
                (asked,) = self._request.cells
                cell = cell_from(asked, event.result, self._request.limit)
                return Observation(pair, cell, commit=commit)
        raise AssertionError("a run tells its cell, or that Keras cannot be imported")

    def _events(
        self, environment: Environment, tree: Path
    ) -> Iterator[Tick | Ready | ImportFailed | CellFinished]:
        """What a run of a commit tells; and an own process, where its fork server was lost."""
        folder = run_folder() if self._request.fork_server else None
        start = process_starter(environment, [self._case], folder, hiding=[tree])
        cells, limit = self._request.cells, self._request.limit
        yield from run_cells(environment, cells, limit, overlay=tree, start=start)
        if start.lost:
            yield from run_cells(environment, cells, limit, overlay=tree, start=start)

    def _take(self, how: str, observed: Observation) -> None:
        self._seen[observed.pair] = observed
        self._tell(how, observed)

    def _stored(self, pair: Pair, folder: Path) -> Observation | None:
        try:
            result = store.read_pair(pair, folder)
        except DamagedResult:
            return None
        if result is None or self._request.unknown_in(result):
            return None
        return observation_from(result, self._case.name, self._format)


class StoredOracle(SessionOracle):
    """Knows what is stored, and asks nobody: what is not known gives no answer."""

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Take each pair for one that gives no answer."""
        for pair in pairs:
            self._take("stored", Observation(pair, reason="not asked"))

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """Take the commit for one that gives no answer."""
        return Observation(pair, reason="not asked", commit=commit)


class ReplayOracle:
    """Answers from the log of the same question, and never asks."""

    def __init__(self, log: Path, request: Request) -> None:
        """Read the log.

        Raises:
            Fault: it is damaged.
            UsageProblem: it is of another case or script.
        """
        self.probes = 0
        self._log = log
        ((case, name),) = request.cells
        answers = read_log(log)
        for cell in (each.cell for each in answers if each.cell):
            if (cell.case, cell.format, cell.digest) != (case.name, name, case.digest):
                raise UsageError(
                    f"{log.name} is of {cell.case} ({cell.format}), or of another state of it, "
                    f"and not of {case.name} ({name})"
                )
        self._seen = {each.pair: each for each in answers if not each.commit}
        self._commits = {(each.pair, each.commit): each for each in answers if each.commit}

    def known(self, pair: Pair) -> Observation | None:
        """What the log says of the pair."""
        return self._seen.get(pair)

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Refuse.

        Raises:
            Fault: always; the log does not hold what is asked now.
        """
        raise Fault(self._lacks(each.id for each in pairs))

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """What the log says of the commit.

        Raises:
            Fault: nothing.
        """
        if (pair, commit) not in self._commits:
            raise Fault(self._lacks([f"commit {commit}"]))
        return self._commits[pair, commit]

    def _lacks(self, names: Iterable[str]) -> str:
        return f"{self._log.name} holds no answer of {', '.join(names)}"
