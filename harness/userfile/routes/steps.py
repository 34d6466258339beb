"""The steps of routes: releases read files and save them, in the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.environments.builder import EnvironmentBuilder
from harness.environments.sandbox import Sandbox
from harness.releases.pair import Pair
from harness.userfile.asking import attempt_of
from harness.userfile.attempts import Attempt
from harness.userfile.reader_process import Droppable, ReadingJob
from harness.userfile.routes.route import REWRITTEN, ModelFile, Reached
from harness.userfile.verdicts import verdict_of

#: The least limit of processor time of a step in seconds, and how many times as long a step may
#: take as the reference.
LEAST_SECONDS = 45
TIMES_THE_REFERENCE = 5
#: The name of a saved file, by form; one of another form keeps its name.
_NAMES = {
    "keras": "saved.keras", "h5": "saved.h5", "parts": "saved.zip", "weights": "saved.weights.h5",
}  # fmt: skip


@dataclass
class SandboxedSteps:
    """Has releases read files and save them, and compares their outputs with the reference.

    ``job`` says how to read the person's own file; the other files of a route are read likewise.
    ``folder`` is an empty folder for the saved files. ``own_names`` are classes and
    functions whose code is missing. ``tell`` gets a line before each step.
    """

    builder: EnvironmentBuilder
    sandbox: Sandbox
    job: ReadingJob
    droppable: Droppable
    reference: Attempt
    own_names: Collection[str]
    folder: Path
    tell: Callable[[str], None]
    _count: int = 0

    def __call__(
        self, pair: Pair, file: ModelFile, saves: Sequence[str] = (), *, rewrite: bool = False
    ) -> Reached:
        """As `search.Step`."""
        self._count += 1
        kept = self.folder / str(self._count)
        kept.mkdir()
        kept.chmod(0o777)  # root is another user in the sandbox
        own, limits = file.path == self.job.file, self.job.limits
        name = self.job.name if own else file.path.name
        names = {form: _NAMES.get(form, name) for form in saves}
        job = replace(
            self.job,
            file=file.path,
            kind=file.kind,
            name=name,
            droppable=self.droppable if rewrite else None,
            saves=names,
            kept=kept,
            limits=replace(limits, disk=limits.disk * (1 + len(saves)), seconds=self._seconds),
        )
        self.tell(f"{pair.release} reads {'the file' if own else file.path.name}")
        attempt = attempt_of(pair, self.builder, job, self.sandbox)
        verdict = verdict_of(
            attempt, self.reference, self.own_names, has_weights=self.job.has_weights
        )
        read = attempt.read
        if read is None:
            return Reached(verdict)
        files = {
            form: ModelFile(path, file.kind if form == REWRITTEN else form)
            for form, name in names.items()
            if form in read.saved and _is_plain_file(path := kept / name)
        }
        return Reached(verdict, read.rewrites, read.needs, files)

    @property
    def _seconds(self) -> int:
        """The limit of processor time: a release that hangs must not use up all the time."""
        usual = max(LEAST_SECONDS, round(TIMES_THE_REFERENCE * self.reference.seconds))
        return min(self.job.limits.seconds, usual)


def _is_plain_file(path: Path) -> bool:
    """Whether a sandboxed process has left a file there, and no link to another one."""
    return path.is_file() and not path.is_symlink()
