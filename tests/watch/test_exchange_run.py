"""What a watch has written and read, with stand-ins for the sessions."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.analysis.seen_regressions import RegressionFinder
from harness.exchange.corpus import ARCHIVE, Corpus, WriterClass, open_corpus, update
from harness.exchange.ledger.store import StoredLedgers
from harness.exchange.reading import ReadRequest
from harness.exchange.writing import WritingFolders
from harness.execution.cases import Case, all_cases
from harness.execution.request import Request
from harness.execution.run_plan import Plan
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import Cell
from harness.watch import exchange_run
from harness.watch.comparison import Comparison
from harness.watch.exchange_plan import ExchangePlanner
from harness.watch.exchange_run import ExchangeRun, scratch_corpus
from harness.watch.news import News, WatchItem
from tests.exchange.saved import CASE, CODES, FOLDER, saved_by, saved_files

OLD, NEW, LATER = (saved_by(keras, "keras").writer for keras in ("3.6.0", "3.9.0", "3.15.1"))
FORMATS = ("keras", "h5")


class FakeSessions:
    """Sessions that save the recorded files, and of which some readers do not read some files.

    ``fails`` are the readers that read no file of another writer; ``broken`` have no result.
    """

    def __init__(self, fails: Iterable[Pair] = (), broken: Iterable[Pair] = ()) -> None:
        self.ran: list[tuple[str, list[Pair], int]] = []
        self._fails, self._broken = set(fails), set(broken)

    def __call__(self, plan: Plan, _: RegressionFinder) -> list[SessionReport]:
        kind = "read" if isinstance(plan.request, ReadRequest) else "write"
        self.ran.append((kind, plan.pairs_to_run, len(plan.request.cells)))
        return [self._run(pair, plan.request) for pair in plan.pairs_to_run]

    def _run(self, pair: Pair, request: Request) -> SessionReport:
        if pair in self._broken:
            return SessionReport(pair, 1, "no room")
        if isinstance(request, ReadRequest):
            self._read(pair, request)
        elif request.keep:
            shutil.copytree(
                FOLDER / pair.file_name, request.keep / pair.file_name, dirs_exist_ok=True
            )
        return SessionReport(pair, 0)

    def _read(self, pair: Pair, request: ReadRequest) -> None:
        own = {entry.digest for entry in request.corpus.classes if pair.id in entry.writers}
        result = store.read_or_empty(pair, request.folder)
        for cell in request.cells:
            assert cell.saved is not None
            is_read = pair not in self._fails or cell.saved.name in own
            outcome = "pass" if is_read else "load-error"
            result.cells[cell.key] = Cell(*cell.key, outcome, cell.case.digest)
        store.write(result, request.folder)


@pytest.fixture
def case() -> Case:
    return next(case for case in all_cases() if case.name == CASE)


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WritingFolders:
    """Folders of their own for everything that is stored."""
    found = WritingFolders(
        tmp_path / "scratch", tmp_path / "unpacked", tmp_path / "saved", tmp_path / "probes"
    )
    monkeypatch.setattr(exchange_run, "SCRATCH", found)
    monkeypatch.setattr(exchange_run, "PROBES", found.written)
    monkeypatch.setattr(exchange_run, "READINGS", found.written / "exchange")
    monkeypatch.setattr(exchange_run, "EXCHANGE", tmp_path / "published" / "exchange")
    monkeypatch.setattr(exchange_run, "_stored_ledgers", StoredLedgers)
    monkeypatch.setattr(Plan, "check_disk", lambda *_: None)
    return found


def published(case: Case, folder: Path, *writers: Pair) -> Corpus:
    """A corpus that holds the files of these writers."""
    packed = folder / "published" / "corpus"
    saved = [each for each in saved_files() if each.writer in writers]
    update(saved, {CASE: case.digest}, open_corpus(packed, folder / "unpacked"), packed)
    return open_corpus(packed, folder / "unpacked")


def request_for(case: Case, folder: Path) -> Request:
    return Request([case], [*FORMATS, "clone"], 30, folder=folder / "published" / "results")


def item_of(rules: PairRules) -> WatchItem:
    """3.9.0, compared with 3.6.0."""
    release = rules.catalogue.find("keras", NEW.keras)
    assert release is not None
    return WatchItem(release, "with the TensorFlow of its day", NEW, OLD)


def completed(
    rules: PairRules, case: Case, folder: Path, sessions: FakeSessions, *writers: Pair
) -> Comparison:
    """The comparison of 3.9.0 with 3.6.0, after files were read."""
    corpus = published(case, folder, *writers)
    scratch = open_corpus(folder / "scratch", folder / "unpacked")
    planner = ExchangePlanner(corpus.writers(), rules.catalogue, rules)
    run = ExchangeRun(planner, request_for(case, folder), corpus, scratch, rules, sessions, jobs=1)
    item = item_of(rules)
    own_cells = frozenset({(CASE, name) for name in FORMATS})
    (comparison,) = run.complete([Comparison(item, cells=own_cells)])
    return comparison


def test_both_read_the_files_of_the_corpus_and_the_baseline_reads_the_new_ones(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    sessions = FakeSessions()
    comparison = completed(rules, case, tmp_path, sessions, OLD)
    assert [(kind, pairs) for kind, pairs, _ in sessions.ran[:2]] == [
        ("read", [NEW, OLD]),
        ("write", [NEW]),
    ]
    assert (comparison.differences, comparison.unknown) == ((), ())
    assert len(comparison.files) == len(FORMATS)
    assert comparison.writers == (OLD,)
    reader = comparison.readers[0]
    assert (reader.reader, reader.files, reader.read) == (OLD, 2, 2)


def test_what_the_new_release_no_longer_reads_is_a_regression(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    comparison = completed(rules, case, tmp_path, FakeSessions(fails=[NEW]), OLD)
    assert {difference.file for difference in comparison.differences} == {
        (CASE, name) for name in FORMATS
    }
    for difference in comparison.differences:
        assert (difference.kind, difference.is_worse) == (ChangeKind.REGRESSION, True)
        assert difference.writers == (OLD,)


def test_what_an_older_release_refuses_is_told_and_no_difference(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    comparison = completed(rules, case, tmp_path, FakeSessions(fails=[OLD]), OLD)
    assert comparison.differences == ()
    reader = comparison.readers[0]
    assert (reader.reader, reader.read, reader.read_before) == (OLD, 0, 2)
    assert len(reader.refusals[0].files) == 2


def test_a_baseline_that_the_corpus_lacks_writes_its_files_first(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    sessions = FakeSessions(fails=[NEW])
    comparison = completed(rules, case, tmp_path, sessions)
    assert sessions.ran[0][:2] == ("write", [OLD])
    assert len(comparison.differences) == len(FORMATS)
    assert {difference.corpus for difference in comparison.differences} == {folders.corpus}
    assert not (tmp_path / "published" / "corpus").exists()


def test_only_the_cases_that_the_corpus_lacks_are_written(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    other = next(case for case in all_cases() if case.name == "siamese_pair")
    corpus, sessions = published(case, tmp_path, OLD, NEW), FakeSessions()
    scratch = open_corpus(folders.corpus, folders.unpacked)
    request = replace(request_for(case, tmp_path), cases=[case, other])
    planner = ExchangePlanner(corpus.writers(), rules.catalogue, rules)
    run = ExchangeRun(planner, request, corpus, scratch, rules, sessions, jobs=1)
    (comparison,) = run.complete([Comparison(item_of(rules), cells=frozenset({(CASE, "keras")}))])
    assert comparison.writers == (OLD,)
    written = [(pairs, cells) for kind, pairs, cells in sessions.ran if kind == "write"]
    assert written == [([OLD], len(FORMATS)), ([NEW], len(FORMATS))]


def test_what_is_known_is_not_read_again(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    completed(rules, case, tmp_path, FakeSessions(), OLD)
    sessions = FakeSessions()
    comparison = completed(rules, case, tmp_path, sessions, OLD)
    assert sessions.ran == []
    assert len(comparison.files) == len(FORMATS)


def test_a_reader_that_fails_leaves_unknown_what_it_should_have_read(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    comparison = completed(rules, case, tmp_path, FakeSessions(broken=[NEW]), OLD)
    assert f"{NEW.id}: 2 files are not read: no room" in comparison.unknown
    assert f"{NEW.id}: no files of it were read: no room" in comparison.unknown
    assert (comparison.differences, comparison.files) == ((), frozenset())


def test_a_release_without_cells_reads_nothing(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    corpus = published(case, tmp_path, OLD)
    sessions = FakeSessions()
    planner = ExchangePlanner(corpus.writers(), rules.catalogue, rules)
    request = request_for(case, tmp_path)
    run = ExchangeRun(planner, request, corpus, corpus, rules, sessions, jobs=1)
    comparison = Comparison(item_of(rules))
    assert run.complete([comparison]) == [comparison]
    assert sessions.ran == []


def test_what_the_cells_save_on_the_way_is_not_written_again(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    corpus = published(case, tmp_path, OLD)
    scratch = open_corpus(folders.corpus, folders.unpacked)
    sessions = FakeSessions()
    planner = ExchangePlanner(corpus.writers(), rules.catalogue, rules)
    request = request_for(case, tmp_path)
    run = ExchangeRun(planner, request, corpus, scratch, rules, sessions, jobs=1)
    item = item_of(rules)
    keeping = run.prepare(News([item], []), request)
    assert keeping.keep == folders.saved
    shutil.copytree(FOLDER / NEW.file_name, folders.saved / NEW.file_name)
    run.complete([Comparison(item, cells=frozenset({(CASE, "keras")}))])
    assert "write" not in [kind for kind, _, _ in sessions.ran]


def test_a_folder_that_the_user_keeps_is_left_alone(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    corpus = published(case, tmp_path, OLD)
    planner = ExchangePlanner(corpus.writers(), rules.catalogue, rules)
    request = replace(request_for(case, tmp_path), keep=tmp_path / "mine")
    run = ExchangeRun(planner, request, corpus, corpus, rules, FakeSessions(), jobs=1)
    assert run.prepare(News([item_of(rules)], []), request) is request


def test_damaged_files_of_the_corpus_are_problems(
    rules: PairRules, case: Case, folders: WritingFolders, tmp_path: Path
) -> None:
    damaged = WriterClass("dense_twice", "keras", "0", "", "", (OLD.id,))
    corpus = replace(published(case, tmp_path, OLD), unusable=(damaged,))
    planner = ExchangePlanner(corpus.writers(), rules.catalogue, rules)
    request = request_for(case, tmp_path)
    run = ExchangeRun(planner, request, corpus, corpus, rules, FakeSessions(), jobs=1)
    assert run.problems == [
        "dense_twice/keras/0 is missing from the corpus, or not what its index says"
    ]


def test_a_damaged_corpus_of_earlier_watches_is_begun_anew(tmp_path: Path) -> None:
    folders = WritingFolders(tmp_path / "corpus", tmp_path / "unpacked")
    update(saved_files(), CODES, scratch_corpus(folders), folders.corpus)
    assert len(scratch_corpus(folders).classes) > 1
    shutil.rmtree(folders.unpacked)
    (folders.corpus / ARCHIVE).write_bytes(b"")
    corpus = scratch_corpus(folders)
    assert (corpus.classes, corpus.damaged) == ((), ())
