"""Oracles of exchange: what a reader makes of files, with stand-ins for the sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bisect.observation import Observation
from harness.bisect.oracles import exchange as exchange_oracle
from harness.bisect.oracles import sessions as session_oracle
from harness.bisect.oracles.exchange import ReaderOracle, WriterOracle
from harness.bisect.transplant.overlay import Overlay
from harness.environments.builder import Environment, EnvironmentBuilder
from harness.exchange.corpus import Corpus, open_corpus, update
from harness.exchange.reading import ReadRequest
from harness.exchange.saved_files import WRITTEN, SavedFile
from harness.execution.cases import Case, all_cases
from harness.execution.request import Request
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import Cell, Result
from harness.util.errors import UsageError
from tests.exchange.saved import CASE, saved_by, saved_files

OLD, MIDDLE, NEW = (saved_by(keras, "keras").writer for keras in ("3.6.0", "3.9.0", "3.15.1"))
#: A release that has saved nothing.
OTHER = Pair.parse("keras-3.10.0_tensorflow-2.19.0_py3.11")


class FakeReaders:
    """Sessions that read files: every release reads what releases up to itself have written."""

    def __init__(self) -> None:
        self.read: list[tuple[Pair, int]] = []

    def run(
        self, pairs: Sequence[Pair], request: Request, on_event: object, *, workers: int
    ) -> list[SessionReport]:
        assert isinstance(request, ReadRequest)
        writers = {entry.digest: entry.pairs for entry in request.corpus.classes}
        for pair in pairs:
            self.read.append((pair, len(request.cells)))
            result = store.read_or_empty(pair, request.folder)
            for cell in request.cells:
                assert cell.saved is not None
                can_read = writers[cell.saved.name][0].keras <= pair.keras
                outcome = "pass" if can_read else "load-error"
                result.cells[cell.key] = Cell(*cell.key, outcome, cell.case.digest)
            store.write(result, request.folder)
        return [SessionReport(pair, 0) for pair in pairs]


@pytest.fixture
def request_(monkeypatch: pytest.MonkeyPatch) -> Request:
    (case,) = (case for case in all_cases() if case.name == CASE)
    return Request([case], ["keras"], 30)


@pytest.fixture
def readers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request_: Request
) -> Iterator[FakeReaders]:
    """Folders of their own, a corpus of three writers, and nobody who could save more."""
    (case,) = request_.cases
    fake = FakeReaders()
    corpus = recorded_corpus(saved_files(), case, tmp_path)
    for module in (session_oracle, exchange_oracle):
        monkeypatch.setattr(module, "run_sessions", fake.run)
    monkeypatch.setattr(session_oracle, "PROBES", tmp_path / "probes")
    monkeypatch.setattr(exchange_oracle, "EXCHANGE", tmp_path / "exchange")
    monkeypatch.setattr(exchange_oracle, "open_corpus", lambda: corpus)
    monkeypatch.setattr(exchange_oracle, "with_files_of", lambda *_: corpus)
    monkeypatch.setattr(exchange_oracle, "own_result", Result)
    yield fake


def recorded_corpus(saved: Sequence[SavedFile], case: Case, folder: Path) -> Corpus:
    empty = open_corpus(folder / "corpus", folder / "unpacked")
    update(saved, {case.name: case.digest}, empty, folder / "corpus")
    return open_corpus(folder / "corpus", folder / "unpacked")


@pytest.fixture
def builder(rules: PairRules) -> EnvironmentBuilder:
    return EnvironmentBuilder(rules)


def ignore(origin: str, observation: Observation) -> None:
    """Show nothing."""


def outcomes(oracle_: ReaderOracle | WriterOracle, *pairs: Pair) -> list[str]:
    oracle_.ask(pairs)
    observations = [oracle_.known(pair) for pair in pairs]
    return [one.cell.outcome if one and one.cell else "none" for one in observations]


def test_each_release_reads_the_file_of_one(
    readers: FakeReaders, request_: Request, builder: EnvironmentBuilder
) -> None:
    by_reader = ReaderOracle(request_, MIDDLE, builder, ignore, workers=1)
    assert outcomes(by_reader, OLD, MIDDLE, NEW) == ["load-error", "pass", "pass"]
    assert readers.read == [(OLD, 1), (MIDDLE, 1), (NEW, 1)]


def test_one_release_reads_the_files_of_each_in_one_session(
    readers: FakeReaders, request_: Request, builder: EnvironmentBuilder
) -> None:
    by_writer = WriterOracle(request_, MIDDLE, builder, ignore, workers=1)
    assert outcomes(by_writer, OLD, MIDDLE, NEW) == ["pass", "pass", "load-error"]
    assert readers.read == [(MIDDLE, 3)]


def test_what_was_read_before_is_known(
    readers: FakeReaders, request_: Request, builder: EnvironmentBuilder
) -> None:
    outcomes(WriterOracle(request_, MIDDLE, builder, ignore, workers=1), OLD)
    again = WriterOracle(request_, MIDDLE, builder, ignore, workers=1).known(OLD)
    assert again is not None and again.cell is not None and again.cell.outcome == "pass"


def test_a_writer_without_file_is_refused_at_once(
    readers: FakeReaders, request_: Request, builder: EnvironmentBuilder
) -> None:
    with pytest.raises(UsageError, match=r"keras 3\.10\.0 leaves no file of dense_twice"):
        ReaderOracle(request_, OTHER, builder, ignore, workers=1)


def test_a_writer_without_file_shows_its_own_outcome(
    readers: FakeReaders,
    request_: Request,
    builder: EnvironmentBuilder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (case,) = request_.cases
    own = Cell(CASE, "keras", "save-error", case.digest)
    monkeypatch.setattr(
        exchange_oracle, "own_result", lambda pair: Result(pair, cells={own.key: own})
    )
    by_writer = WriterOracle(request_, MIDDLE, builder, ignore, workers=1)
    assert outcomes(by_writer, OTHER) == ["save-error"]


class ReadyBuilder(EnvironmentBuilder):
    """Has every environment, and makes none."""

    def make(self, pair: Pair, wheel: str | None = None) -> Environment:
        return Environment(pair, Path(), {"installed": ["keras==3.9.0"]})


class FakeWriters:
    """A run of a writer saves a file that holds an outcome, and a run of a reader comes to it.

    What is in front of the Keras of a writer decides; a writer with ``saves_nothing`` fails.
    """

    saves_nothing = False

    def run_variant(self, environment: Environment, request: Request) -> Observation:
        (cell,) = request.cells
        if cell.saved is not None:
            outcome = (cell.saved / WRITTEN).read_text()
            return Observation(environment.pair, Cell(*cell.key, outcome, cell.case.digest))
        return self.write(environment, request, "pass" if environment.pair.edits else "mismatch")

    def run_overlay(
        self, environment: Environment, request: Request, overlay: Overlay, *, is_traced: bool
    ) -> Observation:
        seen = self.write(environment, request, overlay.title)
        return replace(seen, overlay=overlay.digest, executed=("a.py:1",) if is_traced else ())

    def write(self, environment: Environment, request: Request, outcome: str) -> Observation:
        assert request.keep is not None
        (cell,) = request.cells
        own = "save-error" if self.saves_nothing else "pass"
        if not self.saves_nothing:
            folder = request.keep / cell.case.name / cell.format
            folder.mkdir(parents=True)
            (folder / WRITTEN).write_text(outcome)
        installed = tuple(environment.installed)
        return Observation(environment.pair, Cell(*cell.key, own, ""), installed=installed)


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeWriters:
    fake = FakeWriters()
    monkeypatch.setattr(exchange_oracle, "run_variant", fake.run_variant)
    monkeypatch.setattr(exchange_oracle, "run_overlay", fake.run_overlay)
    monkeypatch.setattr(exchange_oracle, "TRANSPLANTS", tmp_path / "transplants")
    return fake


VARIANT = Pair.parse(f"{OLD.id}+numpy==1.26.4")


def test_a_file_of_exchanged_packages_is_read(
    readers: FakeReaders, writers: FakeWriters, request_: Request, rules: PairRules
) -> None:
    by_writer = WriterOracle(request_, MIDDLE, ReadyBuilder(rules), ignore, workers=1)
    assert outcomes(by_writer, OLD, VARIANT) == ["pass", "pass"]
    assert readers.read == [(MIDDLE, 1)]  # the variant is read beside the sessions
    known = by_writer.known(VARIANT)
    assert known is not None and known.installed == ("keras==3.9.0",)


def test_the_file_of_a_transplant_is_read_once(
    readers: FakeReaders, writers: FakeWriters, request_: Request, rules: PairRules, tmp_path: Path
) -> None:
    told: list[str] = []

    def tell(origin: str, seen: Observation) -> None:
        told.append(f"{origin}: {seen.cell.outcome if seen.cell else seen.reason}")

    overlay = Overlay(tmp_path, "keras", title="mismatch")
    for _ in range(2):
        by_writer = WriterOracle(request_, MIDDLE, ReadyBuilder(rules), tell, workers=1)
        seen = by_writer.with_overlay(OLD, overlay, 5.0, is_traced=True)
        assert seen.executed == ("a.py:1",)
    assert told == ["probed: mismatch", "stored: mismatch"]
    other = WriterOracle(request_, NEW, ReadyBuilder(rules), tell, workers=1)
    other.with_overlay(OLD, overlay, 5.0)
    assert told[2:] == ["probed: mismatch"]  # another reader may read it otherwise


def test_a_transplant_that_saves_nothing_shows_its_own_outcome(
    readers: FakeReaders, writers: FakeWriters, request_: Request, rules: PairRules, tmp_path: Path
) -> None:
    writers.saves_nothing = True
    by_writer = WriterOracle(request_, MIDDLE, ReadyBuilder(rules), ignore, workers=1)
    seen = by_writer.with_overlay(OLD, Overlay(tmp_path, "keras", title="mismatch"), 5.0)
    assert seen.cell is not None and seen.cell.outcome == "save-error"
