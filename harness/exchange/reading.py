"""The request to read saved files: which files of the corpus a reader is asked to load."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from harness.exchange.corpus import Corpus, WriterClass
from harness.execution.cases import Case
from harness.execution.digests import reading_digest
from harness.execution.request import CellRequest, Request
from harness.releases.pair import Pair
from harness.util.paths import CORPUS


@dataclass(frozen=True)
class ReadCase(Case):
    """A case whose saved files are read: its code makes custom objects and checks outcomes."""

    @cached_property
    def digest(self) -> str:
        """A digest of the case, of the runner and of the reader."""
        return reading_digest(self.path)


@dataclass(frozen=True, kw_only=True)
class ReadRequest(Request):
    """The request to read files of the corpus; its cells are writer classes.

    ``writers`` restricts them to the files of these writers; None stands for all.
    """

    corpus: Corpus
    writers: Collection[Pair] | None = None

    @cached_property
    def cells(self) -> list[CellRequest]:
        """The requested files: those of the requested cases, formats and writers.

        Files that other code of their case has written are left out.
        """
        codes = {case.name: case.digest for case in self.cases}
        cases = {case.name: ReadCase(case.name, case.path) for case in self.cases}
        return [
            CellRequest(cases[entry.case], entry.format, self.corpus.folder_of(entry))
            for entry in self.corpus.classes
            if codes.get(entry.case) == entry.code and self._is_wanted(entry)
        ]

    def _is_wanted(self, entry: WriterClass) -> bool:
        if entry.format not in self.formats:
            return False
        return self.writers is None or any(pair in self.writers for pair in entry.pairs)

    def arguments(self) -> list[str]:
        """The request as the options of a ``pair`` session."""
        options = [*super().arguments(), "--read"]
        if self.corpus.packed != CORPUS:
            options.append(f"--corpus={self.corpus.packed}")
        writers: Sequence[Pair] = sorted(self.writers or ())
        return options + [f"--writer={pair.id}" for pair in writers]


def read_request(
    request: Request, corpus: Corpus, writers: Collection[Pair] | None, folder: Path
) -> ReadRequest:
    """The request to read files of a corpus in the way of another request.

    The cases, the formats and how they are run are those of ``request``; the results are stored in
    ``folder``.
    """
    facts = {each.name: getattr(request, each.name) for each in fields(Request)}
    return ReadRequest(**{**facts, "folder": folder, "keep": None}, corpus=corpus, writers=writers)


def exchange_folder(results: Path) -> Path:
    """Where the results of readers stand, beside those of the pairs themselves."""
    return results.parent / "exchange"
