"""Oracles of exchange: which releases read one file, and whose files one release reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.bisect.observation import Observation
from harness.bisect.oracles.commit_log import CommitLog
from harness.bisect.oracles.oracle import NotRun, OnObservation
from harness.bisect.oracles.sessions import TRANSPLANTS, SessionOracle
from harness.bisect.oracles.tree_runs import run_overlay, run_variant
from harness.bisect.transplant.overlay import Overlay
from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.exchange.corpus import Corpus, WriterClass, open_corpus
from harness.exchange.reading import ReadCase, ReadRequest, reading_codes
from harness.exchange.saved_files import WRITTEN
from harness.exchange.writing import own_result, with_files_of
from harness.execution.request import CellRequest, Request
from harness.execution.sessions import run_sessions
from harness.releases.pair import Pair
from harness.results import store
from harness.results.document import DamagedResult
from harness.util.errors import Fault, UsageError
from harness.util.paths import EXCHANGE


class _ExchangeOracle(SessionOracle):
    """Looks at what readers of saved files have found."""

    @property
    def published(self) -> Path:
        """The folder of the results of readers."""
        return EXCHANGE


class ReaderOracle(_ExchangeOracle):
    """Says how each pair reads the file of one writer."""

    def __init__(
        self,
        request: Request,
        writer: Pair,
        builder: EnvironmentBuilder,
        tell: OnObservation,
        *,
        workers: int,
        rerun: bool = False,
    ) -> None:
        """Let the writer save its file, if need be.

        Raises:
            UsageError: it saves none.
        """
        corpus = _corpus_with([writer], request, workers)
        reading = read_request(request, corpus, [writer])
        if not reading.cells:
            (cell,) = request.cells
            raise UsageError(
                f"keras {writer.keras} leaves no file of {cell.case.name} in the format "
                f"{cell.format}: {_why_without_file(writer, request)}"
            )
        super().__init__(reading, builder, tell, workers=workers, rerun=rerun)


class WriterOracle(_ExchangeOracle):
    """Says how one reader reads the file of each pair."""

    def __init__(
        self,
        request: Request,
        reader: Pair,
        builder: EnvironmentBuilder,
        tell: OnObservation,
        *,
        workers: int,
        rerun: bool = False,
    ) -> None:
        super().__init__(request, builder, tell, workers=workers, rerun=rerun)
        self._own_request = request
        self._reader = reader
        self._corpus = open_corpus()

    def ask_again(self, pairs: Sequence[Pair]) -> None:
        """Refuse: files are written once."""
        raise NotRun("files are written once, not again and again")

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observation:
        """Refuse: commits write no files here."""
        raise NotRun("commits are not run as writers")

    def _run_overlay(
        self, environment: Environment, request: Request, overlay: Overlay, *, is_traced: bool
    ) -> Observation:
        """What the reader makes of the file that the writer saves with an overlay.

        If it saves none, that is the writer's own cell. The functions that are recorded are always
        those that the writer calls.
        """
        return self._read_what(
            request, lambda keeping: run_overlay(environment, keeping, overlay, is_traced=is_traced)
        )

    def _read_what(self, request: Request, write: Callable[[Request], Observation]) -> Observation:
        """Have a writer save its file in a folder, and the reader read it there."""
        with TemporaryDirectory() as folder:
            keep = Path(folder)
            seen = write(replace(self._own_request, limit=request.limit, keep=keep))
            saved = keep / self._case.name / self._format
            if not (saved / WRITTEN).exists():
                return seen
            reader = self._builder.make(self._reader)
            read = run_variant(reader, _OneFile(**self._own_request.values(), saved=saved))
        return replace(seen, cell=read.cell, reason=read.reason)

    def _run_variant(self, pair: Pair) -> Observation:
        """What the reader makes of the file of an environment whose packages were exchanged."""
        try:
            with store.lock(pair):
                environment = self._builder.make(pair)
                return self._read_what(
                    self._own_request, lambda keeping: run_variant(environment, keeping)
                )
        except NoEnvironment as reason:
            return Observation(pair, reason=str(reason))

    @property
    def _overlay_log(self) -> CommitLog:
        code = reading_codes([self._case])[self._case.name]
        name = f"{self._case.name}.{self._format}.{code}.read-by-{self._reader.file_name}.jsonl"
        return CommitLog(TRANSPLANTS / name)

    def _run(self, pairs: Sequence[Pair], request: Request) -> list[Pair]:
        """Have the writers save files and the reader read them; return those without a result.

        The files of environments whose packages were exchanged are read, but kept nowhere.
        """
        for pair in pairs:
            if pair.edits:
                self._take("probed", self._run_variant(pair))
        pairs = [pair for pair in pairs if not pair.edits]
        if not pairs:
            return []
        self._corpus = _corpus_with(pairs, self._own_request, self._workers)
        readable = [pair for pair in pairs if self._class_of(pair)]
        if readable:
            reading = read_request(self._own_request, self._corpus, readable)
            reports = run_sessions([self._reader], reading, lambda *_: None, workers=1)
            self._reasons = {pair: report.reason for report in reports for pair in readable}
        unknown = []
        for pair in pairs:
            observation = self._stored(pair, replace(request, folder=EXCHANGE))
            if observation is None:
                unknown.append(pair)
            else:
                self._take("probed", observation)
        return unknown

    def _stored(self, pair: Pair, request: Request) -> Observation | None:
        """What the reader makes of the file of a writer; the writer's own cell if it left none.

        Only results with the full time limit count, whatever limit ``request`` has, because they
        are published.
        """
        entry = self._class_of(pair)
        if entry is None:
            own = own_result(pair).cells.get((self._case.name, self._format))
            is_current = own is not None and own.digest == self._case.digest
            return Observation(pair, own) if is_current else None
        reading = read_request(self._own_request, self._corpus, [pair])
        try:
            result = store.read_pair(self._reader, request.folder)
        except DamagedResult:
            return None
        if result is None or reading.unknown_in(result):
            return None
        (cell,) = reading.cells
        installed = tuple(own_result(pair).environment.get("installed", ()))
        return Observation(pair, result.cells[cell.key], installed=installed)

    def _class_of(self, writer: Pair) -> WriterClass | None:
        """The class of the file that a writer has saved."""
        wanted = (self._case.name, self._format, self._case.digest)
        for entry in self._corpus.classes:
            if (entry.case, entry.format, entry.code) == wanted and writer.id in entry.writers:
                return entry
        return None


def read_request(request: Request, corpus: Corpus, writers: Sequence[Pair]) -> ReadRequest:
    """The request to read the files of writers, of the same cases and formats as ``request``."""
    return ReadRequest.like(replace(request, folder=EXCHANGE), corpus, tuple(writers))


@dataclass(frozen=True, kw_only=True)
class _OneFile(Request):
    """The request to read the file of its one cell in the folder ``saved``, which is no corpus."""

    saved: Path

    @property
    def cells(self) -> list[CellRequest]:
        """The one file."""
        ((case,), (name,)) = self.cases, self.formats
        return [CellRequest(ReadCase(case.name, case.path), name, self.saved)]


def _corpus_with(writers: Sequence[Pair], request: Request, workers: int) -> Corpus:
    """The corpus with the files of these writers.

    Raises:
        Fault: a writer could not be run.
    """

    def write(pairs: Sequence[Pair], write_request: Request) -> None:
        reports = run_sessions(pairs, write_request, lambda *_: None, workers=workers)
        if failures := [report for report in reports if report.code]:
            raise Fault(f"{failures[0].pair.id}: {failures[0].reason}")

    return with_files_of(writers, request, open_corpus(), write)


def _why_without_file(writer: Pair, request: Request) -> str:
    """Why a writer left no file: the outcome of its own cell."""
    (cell,) = request.cells
    own = own_result(writer).cells.get(cell.key)
    return "it was not run" if own is None else f"{own.outcome} {own.note}".strip()
