"""The steps of routes for real: releases read and save in the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.environments.builder import EnvironmentBuilder
from harness.environments.sandbox import Sandbox
from harness.releases.pair import Pair
from harness.userfile.asking import Asker
from harness.userfile.attempts import Attempt
from harness.userfile.reader_process import Droppable, ReadingJob
from harness.userfile.routes.route import REWRITTEN, ModelFile, Reached
from harness.userfile.verdicts import verdict_of

#: Seconds of processor time that a step has at least, and how many times those of the reference.
LEAST_SECONDS = 45
TIMES_THE_REFERENCE = 5
#: The names of the files that ``guest/rewriting.py`` saves, by form.
NAMES = {
    "keras": "saved.keras", "h5": "saved.h5", "parts": "saved.zip", "weights": "saved.weights.h5",
}  # fmt: skip


@dataclass
class SandboxedSteps:
    """Has releases read files and save them, and compares their outputs with the reference.

    ``job`` is how the person's own file is read; other files of a route are read likewise.
    ``folder`` is an empty folder, which takes what is saved. ``own_names`` are classes and
    functions whose code is missing. ``tell`` is told what is done next.
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
        job = replace(
            self.job,
            file=file.path,
            kind=file.kind,
            name=self.job.name if own else file.path.name,
            droppable=self.droppable if rewrite else None,
            saves=tuple(saves),
            kept=kept,
            limits=replace(limits, disk=limits.disk * (1 + len(saves)), seconds=self._seconds),
        )
        self.tell(f"{pair.release} reads {'the file' if own else file.path.name}")
        attempt = Asker(self.builder, job, self.sandbox, lambda _: None)(pair)
        verdict = verdict_of(
            attempt, self.reference, self.own_names, has_weights=self.job.has_weights
        )
        read = attempt.read
        if read is None:
            return Reached(verdict)
        files = {
            form: ModelFile(path, file.kind if form == REWRITTEN else form)
            for form in saves
            if form in read.saved and _is_plain_file(path := kept / NAMES.get(form, job.name))
        }
        return Reached(verdict, read.rewrites, read.helps, files)

    @property
    def _seconds(self) -> int:
        """The limit of processor time: a release that hangs shall not keep others from trying."""
        usual = max(LEAST_SECONDS, round(TIMES_THE_REFERENCE * self.reference.seconds))
        return min(self.job.limits.seconds, usual)


def _is_plain_file(path: Path) -> bool:
    """Whether a sandboxed process has left a file there, and no link to another one."""
    return path.is_file() and not path.is_symlink()
