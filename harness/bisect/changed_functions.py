"""The functions that a package change altered, starting from the tracebacks of both sides."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.bisect import source_diff
from harness.bisect.isolate import PYTHON, Culprit, PackageChange
from harness.bisect.source_diff import FunctionDiff
from harness.bisect.sources import sources_of
from harness.bisect.steps import FOUND, StepEnd, not_found
from harness.bisect.walk import Boundary


@dataclass
class ChangedFunctions:
    """The functions of a traceback that changed, and other changed functions of the same files.

    ``others`` are names as ``file: function``. ``is_compared`` says whether the traceback reaches
    any of the sources that were compared.
    """

    diffs: list[FunctionDiff] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    is_compared: bool = False

    @property
    def end(self) -> StepEnd:
        """How the comparison ended."""
        if self.diffs:
            return FOUND
        if self.is_compared:
            return not_found("no function of the tracebacks has changed")
        return not_found("the tracebacks do not reach the files of the culprit")

    def add(self, change: PackageChange, boundary: Boundary) -> None:
        """Compare the sources of one package.

        Raises:
            Fault: the sources cannot be downloaded.
            NoEnvironment: there is no Python to unpack them with.
        """
        old_name, new_name = change.distributions
        old = sources_of(old_name, change.old, boundary.old.pair.python)
        new = sources_of(new_name, change.new, boundary.new.pair.python)
        old_frames, new_frames = boundary.before.frames, boundary.after.frames
        diffs = source_diff.changed_functions(old, new, old_frames, new_frames)
        if source_diff.reaches(old, old_frames) or source_diff.reaches(new, new_frames):
            self.is_compared = True
        self.diffs += diffs
        shown = {f"{diff.file}: {diff.function}" for diff in diffs}
        files = dict.fromkeys(diff.file for diff in diffs)
        changed = source_diff.changed_in_files(old, new, files)
        self.others += [name for name in changed if name not in shown]


def why_not_comparable(culprit: Culprit | None, boundary: Boundary) -> str:
    """Why there are no functions to compare; empty where there are."""
    if culprit is None or culprit.proof is None:
        return "the culprit is not proven"
    if not (boundary.before.frames or boundary.after.frames):
        return "neither side has a traceback"
    if not changes_with_sources(culprit):
        names = ", ".join(change.name for change in culprit.changes)
        return f"the two environments do not have sources of {names} to compare"
    return ""


def changes_with_sources(culprit: Culprit) -> list[PackageChange]:
    """The proven changes of packages that both environments have, and so can be compared."""
    if culprit.proof is None:
        return []
    return [
        change for change in culprit.changes if change.old and change.new and change.name != PYTHON
    ]
