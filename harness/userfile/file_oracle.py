"""An oracle for `bisect`: how each release reads a person's own file, in the sandbox."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from harness.bisect.observation import Observation
from harness.bisect.oracles.oracle import MOST_FAULTS, NotRun, OnObservation
from harness.bisect.transplant.overlay import Overlay
from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.environments.sandbox import Sandbox, empty_folder
from harness.exchange.ledger import store as ledger_store
from harness.execution.cases import Case
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import Cell, ExceptionRecord
from harness.userfile.asking import job_for
from harness.userfile.attempts import Attempt, Read
from harness.userfile.facts import FileFacts
from harness.userfile.own_classes import own_classes
from harness.userfile.reader_process import TRACE, ReadingJob, out_of_time, read_with
from harness.userfile.trying import readers_of
from harness.userfile.verdicts import Verdict, verdict_of
from harness.util.errors import Fault, UsageError
from harness.util.threads import submitted

#: Why a pair without an environment has no result.
NO_ENVIRONMENT = "it has no environment"


@dataclass(frozen=True)
class UserFile(Case):
    """A person's own file in the place of a case; ``kind`` is its format."""

    kind: str = ""

    @cached_property
    def digest(self) -> str:
        """A digest of the file, or of its name if it is a folder."""
        content = self.path.read_bytes() if self.path.is_file() else self.path.name.encode()
        return hashlib.sha256(content).hexdigest()[:16]

    def pair_options(self, format_name: str) -> tuple[str, ...]:
        """None: the command ``pair`` reads no file of a person."""
        return ()

    @property
    def summary(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def formats(self) -> tuple[str, ...]:
        """The format of the file."""
        return (self.kind,)

    def limit(self, requested: float) -> float:
        """The requested time limit."""
        return requested


class FileOracle:
    """Has each pair read the file. Nothing is stored: the next search is about another file.

    The outputs are compared with those of ``reference``, which may be None.
    """

    def __init__(
        self,
        case: UserFile,
        job: ReadingJob,
        sandbox: Sandbox,
        builder: EnvironmentBuilder,
        tell: OnObservation,
        *,
        own_names: Sequence[str] = (),
        workers: int = 1,
    ) -> None:
        self.probes = 0
        self.reference: Attempt | None = None
        self._usual = "same"
        self._case, self._job, self._sandbox = case, job, sandbox
        self._builder, self._tell = builder, tell
        self._own_names, self._workers = own_names, workers
        self._observations: dict[Pair, Observation] = {}

    def compare_with(self, writer: Pair) -> None:
        """Compare all further outputs with those of a pair, if it computes any.

        Raises:
            Fault, NoEnvironment: the pair has no environment.
        """
        with self._environment(writer) as environment:
            attempt = read_with(environment, self._job, self._sandbox)
        read = attempt.read
        if read is not None and read.outputs is not None:
            self.reference = attempt
            self._usual = self._verdict(attempt).kind
            free = self._job.free if read.free is None else (read.free,)
            self._job = replace(self._job, inputs=read.inputs, free=free)

    def known(self, pair: Pair) -> Observation | None:
        """What this search has observed already."""
        return self._observations.get(pair)

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Have the pairs read the file, several at a time.

        Raises:
            Fault: too many pairs fail for one reason.
        """
        with (
            ThreadPoolExecutor(self._workers) as pool,
            submitted(pool, self._observed, pairs) as futures,
        ):
            for future in as_completed(futures):
                observation = future.result()
                self._observations[observation.pair] = observation
                self._tell("probed", observation)
        self.probes += len(pairs)
        reasons = Counter(each.reason for each in self._observations.values() if each.reason)
        for reason, count in reasons.items():
            if count >= MOST_FAULTS and reason != NO_ENVIRONMENT:
                raise Fault(f"{count} pairs gave no result for the same reason: {reason}")

    def confirm(self, pairs: Sequence[Pair]) -> None:
        """Do nothing: every pair was given the full time limit."""

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """Refuse: commits are run without a sandbox."""
        raise NotRun("commits are not run with a file of yours")

    def with_overlay(
        self, pair: Pair, overlay: Overlay, limit: float, *, is_traced: bool = False
    ) -> Observation:
        """How the pair reads the file with an overlay in front of its Keras, in the sandbox.

        ``limit`` is the time limit in seconds of processor time.
        """
        self.probes += 1
        with overlay.folder() as folder, empty_folder() as kept:
            kept.chmod(0o777)  # root is another user in the sandbox
            if folder != overlay.root:
                folder.chmod(0o755)
            job = replace(
                self._job,
                overlay=folder,
                shown=tuple(dict.fromkeys((folder, overlay.root))),
                kept=kept,
                traces=is_traced,
                limits=replace(self._job.limits, seconds=max(1, round(limit))),
            )
            with self._environment(pair) as environment:
                seen = self._seen(environment, job)
            trace = kept / TRACE
            lines = trace.read_text(encoding="utf-8").splitlines() if trace.is_file() else []
        found = replace(seen, overlay=overlay.digest, title=overlay.title, executed=tuple(lines))
        self._tell("probed", found)
        return found

    def _observed(self, pair: Pair) -> Observation:
        try:
            with self._environment(pair) as environment:
                return self._seen(environment, self._job)
        except NoEnvironment:
            return Observation(pair, reason=NO_ENVIRONMENT)
        except Fault as fault:
            return Observation(pair, reason=str(fault))

    @contextmanager
    def _environment(self, pair: Pair) -> Iterator[Environment]:
        with store.lock(pair):
            environment = self._builder.make(pair)
        yield environment

    def _verdict(self, attempt: Attempt) -> Verdict:
        return verdict_of(
            attempt, self.reference, self._own_names, has_weights=self._job.has_weights
        )

    def _seen(self, environment: Environment, job: ReadingJob) -> Observation:
        attempt = read_with(environment, job, self._sandbox)
        installed = tuple(environment.installed)
        if attempt.unknown:
            return Observation(environment.pair, reason=attempt.unknown, installed=installed)
        verdict = self._verdict(attempt)
        if verdict.kind == "code-error":
            raise UsageError(f"the given code cannot be used: {verdict.says}")
        cell = cell_from(self._case, attempt, verdict, self._usual, job.limits.seconds)
        return Observation(environment.pair, cell, installed=installed)


def cell_from(case: UserFile, attempt: Attempt, verdict: Verdict, usual: str, limit: float) -> Cell:
    """An attempt as a cell; ``limit`` is the limit of processor time that it had, in seconds.

    ``usual`` is the kind of verdict on the release that wrote the file. If that release needs no
    ``compile=False``, safe mode, or classes handed over by name, then a release that needs any of
    this to read the file counts as refusing it.
    """
    outcome, error = _outcome(attempt, verdict, usual, limit)
    return Cell(
        case.name, case.kind, outcome, case.digest,
        seconds=attempt.seconds,
        limit=limit if outcome == "timeout" else 0.0,
        phase="load", note=verdict.says if error is None else "", error=error,
    )  # fmt: skip


def _outcome(
    attempt: Attempt, verdict: Verdict, usual: str, limit: float
) -> tuple[str, ExceptionRecord | None]:
    read = attempt.read
    if read is None:
        if attempt.ended == out_of_time(limit):
            return "timeout", None
        return "crash", _record("Crash", verdict.says)
    if verdict.kind == "unsupported":
        return "unsupported", None
    if verdict.kind == "differs":
        return "mismatch", _record("Different", verdict.says)
    return _outcome_of_read(read, verdict, usual)


def _outcome_of_read(
    read: Read, verdict: Verdict, usual: str
) -> tuple[str, ExceptionRecord | None]:
    if verdict.kind == "no-prediction":
        return "mismatch", read.predict_error
    if verdict.kind in ("same", "read", usual):
        return "pass", None
    return "load-error", read.error


def _record(type_: str, message: str) -> ExceptionRecord:
    return {"type": type_, "message": message, "frames": []}


def file_oracle(
    facts: FileFacts,
    case: UserFile,
    code: Path | None,
    rules: PairRules,
    sandbox: Sandbox,
    tell: OnObservation,
    *,
    workers: int,
    seconds: float,
) -> FileOracle:
    """The oracle for a file; it compares with the writer's own release, or else the nearest one.

    ``seconds`` is the limit of processor time of each release.

    Raises:
        Fault: the writer's release cannot be run.
    """
    job = job_for(facts, ReadingJob(case.path, facts.kind, facts.name, code), sandbox)
    job = replace(job, limits=replace(job.limits, seconds=max(1, round(seconds))))
    missing = [] if code else own_classes(facts, ledger_store.read_all().ledgers)
    oracle = FileOracle(
        case, job, sandbox, EnvironmentBuilder(rules), tell, own_names=missing, workers=workers
    )
    writer = readers_of(facts, rules, every=True).writer
    if writer is not None:
        try:
            oracle.compare_with(writer)
        except NoEnvironment as problem:
            raise Fault(f"keras {writer.keras}, which wrote the file: {problem}") from problem
    return oracle
