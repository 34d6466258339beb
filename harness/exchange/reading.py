"""The request to read saved files: which files of the corpus a reader has to load."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.exchange.choice import Choice
from harness.exchange.corpus import Corpus, WriterClass
from harness.execution.cases import Case
from harness.execution.digests import reading_digest
from harness.execution.request import CellRequest, Request
from harness.releases.pair import Pair
from harness.results.model import CellKey
from harness.util.paths import CORPUS

#: The longest time limit of a reading, in seconds of processor time. Reading a file takes a tenth
#: of a second, and a release that hangs on one file hangs on dozens.
LONGEST_LIMIT = 10.0


@dataclass(frozen=True)
class ReadCase(Case):
    """A case whose saved files are read: its code makes custom objects and checks outcomes."""

    @cached_property
    def digest(self) -> str:
        """A digest of the case, of the runner and of the reader."""
        return reading_digest(self.path)

    def limit(self, requested: float) -> float:
        """As for a cell, but at most `LONGEST_LIMIT`."""
        return min(super().limit(requested), LONGEST_LIMIT)


@dataclass(frozen=True, kw_only=True)
class ReadRequest(Request):
    """The request to read files of the corpus; its cells are writer classes.

    ``writers`` restricts them to the files of these writers; None stands for all. ``choice`` says
    how the files of each reader are chosen from these, and ``only`` has the chosen cells of one
    reader.
    """

    corpus: Corpus
    writers: Collection[Pair] | None = None
    choice: Choice | None = None
    only: Collection[CellKey] | None = None

    @classmethod
    def like(
        cls, request: Request, corpus: Corpus, writers: Collection[Pair] | None = None
    ) -> ReadRequest:
        """The request to read the files of the cases and formats of another request."""
        return cls(**request.values(), corpus=corpus, writers=writers)

    @cached_property
    def cells(self) -> list[CellRequest]:
        """The requested files: those of the requested cases, formats and writers.

        Files that other code of their case has written are left out.
        """
        cases = {case.name: ReadCase(case.name, case.path) for case in self.cases}
        return [
            CellRequest(cases[entry.case], entry.format, self.corpus.folder_of(entry))
            for entry in of_present_code(self.corpus.classes, self.cases)
            if self._is_wanted(entry)
        ]

    def _is_wanted(self, entry: WriterClass) -> bool:
        if entry.format not in self.formats:
            return False
        if self.only is not None and entry.cell_key not in self.only:
            return False
        return self._writer_ids is None or not self._writer_ids.isdisjoint(entry.writers)

    @cached_property
    def _writer_ids(self) -> frozenset[str] | None:
        return None if self.writers is None else frozenset(pair.id for pair in self.writers)

    def arguments(self) -> list[str]:
        """The request as the options of a ``pair`` session."""
        options = [*super().arguments(), "--read"]
        if self.choice is not None:
            options.append(f"--{self.choice}")
        if self.corpus.packed != CORPUS:
            options.append(f"--corpus={self.corpus.packed}")
        writers: Sequence[Pair] = sorted(self.writers or ())
        return options + [f"--writer={pair.id}" for pair in writers]


def reading_codes(cases: Iterable[Case]) -> dict[str, str]:
    """The digests of the code that reads the files of these cases, by the name of the case."""
    return {case.name: reading_digest(case.path) for case in cases}


def of_present_code(files: Iterable[WriterClass], cases: Iterable[Case]) -> list[WriterClass]:
    """The files of these cases that their present code has written."""
    codes = {case.name: case.digest for case in cases}
    return [entry for entry in files if codes.get(entry.case) == entry.code]
