"""Finds a way for a file into a release, and writes the new file on request."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from harness.environments.builder import EnvironmentBuilder
from harness.environments.sandbox import Sandbox, empty_folder
from harness.exchange.ledger.ledger import Ledger
from harness.releases.pair import Pair
from harness.userfile.attempts import Attempt
from harness.userfile.facts import FileFacts
from harness.userfile.reader_process import ReadingJob
from harness.userfile.routes.droppable import droppable_for
from harness.userfile.routes.route import ModelFile, Route
from harness.userfile.routes.search import RouteSearch, helpers_for
from harness.userfile.routes.steps import SandboxedSteps
from harness.userfile.routes.summary import RouteSummary, dropped_keys, summarise
from harness.userfile.trying import Readers
from harness.util.errors import UsageError
from harness.util.files import write_atomically
from harness.util.templates import markdown_templates

#: The endings of new files, longest first, with their formats.
_ENDINGS = {".weights.h5": "weights", ".keras": "keras", ".hdf5": "h5", ".h5": "h5"}


@dataclass(frozen=True)
class Wanted:
    """The release that has to read the file, and where the new file goes, if anywhere."""

    target: Pair
    convert: Path | None = None

    @property
    def form(self) -> str:
        """The format of the new file; empty if none is to be written."""
        return format_of(self.convert) if self.convert else ""


def format_of(path: Path) -> str:
    """The format that the ending of a new file stands for.

    Raises:
        UsageError: it stands for none.
    """
    found = next((form for ending, form in _ENDINGS.items() if path.name.endswith(ending)), None)
    if found is None:
        raise UsageError(f"--convert {path.name}: the name must end with {', '.join(_ENDINGS)}")
    return found


def check_is_new(path: Path) -> None:
    """Make sure that neither the new file nor its note exists.

    Raises:
        UsageError: one of them does.
    """
    for each in (path, note_of(path)):
        if each.exists():
            raise UsageError(f"{each} exists already; --convert overwrites nothing")


def note_of(path: Path) -> Path:
    """The text beside a new file, which says what was done."""
    return path.with_name(f"{path.name}.md")


@dataclass(frozen=True)
class RouteFinder:
    """All that a search needs: the file, the releases, and how these are run."""

    facts: FileFacts
    writer: Version | None
    readers: Readers
    ledgers: Sequence[Ledger]
    builder: EnvironmentBuilder
    sandbox: Sandbox
    job: ReadingJob
    own_names: Collection[str]
    tell: Callable[[str], None]

    def find(self, wanted: Wanted, reference: Attempt, compared_with: str) -> RouteSummary:
        """Search for a way, and write the new file and the text beside it.

        ``reference`` is the attempt with whose outputs all others are compared, and
        ``compared_with`` says in words whose they are.
        """
        droppable = droppable_for(wanted.target, self.writer, self.ledgers)
        source = ModelFile(self.job.file, self.job.kind)
        pairs = self.readers.pairs
        helpers = helpers_for(pairs, self.readers.writer or reference.pair, wanted.target)
        with empty_folder() as folder:
            steps = SandboxedSteps(
                self.builder, self.sandbox, self.job, droppable, reference, self.own_names,
                folder, self.tell,
            )  # fmt: skip
            search = RouteSearch(wanted.target, helpers, steps, wanted.form)
            route = search.find(source)
            dropped = dropped_keys(self.facts.written, droppable)
            summary = summarise(
                wanted.target, route, search.attempted, compared_with, dropped,
                is_compiled=self.facts.compiled, was_cut_short=search.was_cut_short,
            )  # fmt: skip
            if route is not None and wanted.convert is not None:
                self._keep(route, summary, wanted.convert)
        return summary

    def _keep(self, route: Route, summary: RouteSummary, path: Path) -> None:
        """Write the new file, and beside it how it was made."""
        shutil.copyfile(route.file.path, path)
        source = self.job.file
        page = markdown_templates("harness.userfile").get_template("note.md")
        note = page.render(
            new=path.name, source=source.name, way=summary, sandbox=self.sandbox.name,
            digests=[(each.name, _digest(each)) for each in (source, path)],
        )  # fmt: skip
        write_atomically(note_of(path), note)


def _digest(path: Path) -> str:
    """The SHA-256 of a file; of a folder, a dash."""
    if not path.is_file():
        return "-"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
