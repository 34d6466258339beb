"""Asks releases to read the file: makes their environments and runs their readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.environments.builder import EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.environments.sandbox import Sandbox
from harness.releases.pair import Pair
from harness.results import store
from harness.userfile.attempts import Attempt, InputSpec
from harness.userfile.facts import FileFacts
from harness.userfile.reader_process import ReadingJob, read_with
from harness.userfile.trying import Trials, try_releases
from harness.util.errors import Fault
from harness.util.escaping import one_line, shortened

#: Characters of the reason why a release has no verdict.
LONGEST_REASON = 300
#: Bytes of disk that a reader may use besides two copies of the file.
SPARE_DISK = 256 << 20

#: Gets each attempt when it has ended.
OnAttempt = Callable[[Attempt], None]


def attempt_of(
    pair: Pair, builder: EnvironmentBuilder, job: ReadingJob, sandbox: Sandbox
) -> Attempt:
    """Have the release of a pair read a file; its environment is made if need be."""
    try:
        with store.lock(pair):
            environment = builder.make(pair)
    except (NoEnvironment, Fault) as problem:
        reason = shortened(one_line(problem), LONGEST_REASON)
        return Attempt(pair, unknown=f"it has no environment: {reason}")
    return read_with(environment, job, sandbox)


class Asker:
    """Has releases read one file, all with the same inputs once these are known."""

    def __init__(
        self, builder: EnvironmentBuilder, job: ReadingJob, sandbox: Sandbox, tell: OnAttempt
    ) -> None:
        self._builder = builder
        self._job = job
        self._sandbox = sandbox
        self._tell = tell

    def __call__(self, pair: Pair) -> Attempt:
        """Have the release of a pair read the file; may be called from any thread."""
        attempt = attempt_of(pair, self._builder, self._job, self._sandbox)
        self._tell(attempt)
        return attempt

    @property
    def job(self) -> ReadingJob:
        """What releases are asked to do."""
        return self._job

    @property
    def is_settled(self) -> bool:
        """Whether all releases will certainly get the same inputs."""
        lengths = [length for spec in self._job.inputs or () for length in spec.shape]
        is_known = bool(self._job.inputs) and (None not in lengths or len(self._job.free) == 1)
        return is_known or self._job.arrays is not None

    def settle(self, attempt: Attempt) -> None:
        """Give all further releases the inputs that one release could use."""
        read = attempt.read
        if read is not None and read.inputs:
            free = self._job.free if read.free is None else (read.free,)
            self._job = replace(self._job, inputs=read.inputs, free=free)


def ask_all(trials: Trials, asker: Asker, *, every: bool) -> None:
    """Try the releases; the writer's own comes first if only it can tell the inputs."""
    writer = trials.readers.writer
    if writer is not None and not asker.is_settled:
        trials.run([writer])
        asker.settle(trials.attempts[writer])
    try_releases(trials, every=every)


def inputs_of(facts: FileFacts) -> tuple[InputSpec, ...] | None:
    """The inputs as the description has them; None if it has none."""
    found = tuple(
        InputSpec(each.shape, each.dtype, each.batch, each.below, each.words)
        for each in facts.inputs
    )
    return found or None


def job_for(facts: FileFacts, job: ReadingJob, sandbox: Sandbox) -> ReadingJob:
    """Complete a job with the description of the file.

    Loading without safe mode is allowed only in a sandbox, and only for a file with code in it.
    """
    limits = job.limits
    room = max(limits.disk, 2 * facts.size + SPARE_DISK)
    return replace(
        job,
        kind=facts.kind,
        name=facts.name,
        inputs=inputs_of(facts),
        unsafe=sandbox.isolates and "lambda-code" in facts.hazard_kinds,
        limits=replace(limits, disk=room),
    )
