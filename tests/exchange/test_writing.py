"""Which files writers still have to save, and how these come into a corpus."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.exchange.corpus import Corpus, WriterClass, open_corpus
from harness.exchange.writing import WritingFolders, missing_cases, missing_writers, with_files_of
from harness.execution.cases import all_cases
from harness.execution.digests import pair_digest
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Cell, Result
from harness.util.errors import Fault
from tests.exchange.saved import CASE, FOLDER, saved_by

OLD, NEW = (saved_by(keras, "keras").writer for keras in ("3.6.0", "3.15.1"))
#: A case of which nothing is recorded.
OTHER = "siamese_pair"


class FakeWriters:
    """Sessions that save what is recorded."""

    def __init__(self) -> None:
        self.ran: list[tuple[list[Pair], list[str]]] = []

    def __call__(self, pairs: Sequence[Pair], request: Request) -> None:
        assert request.keep is not None and request.rerun
        self.ran.append((list(pairs), [case.name for case in request.cases]))
        for pair in pairs:
            shutil.copytree(FOLDER / pair.file_name, request.keep / pair.file_name)


@pytest.fixture
def folders(tmp_path: Path) -> WritingFolders:
    return WritingFolders(
        tmp_path / "corpus", tmp_path / "unpacked", tmp_path / "saved", tmp_path / "written"
    )


@pytest.fixture
def empty(folders: WritingFolders) -> Corpus:
    return open_corpus(folders.corpus, folders.unpacked)


def request_for(folders: WritingFolders, *names: str) -> Request:
    cases = [case for case in all_cases() if case.name in names]
    return Request(cases, ["keras", "h5"], 30, folder=folders.written / "results")


def test_writers_whose_files_are_missing_save_them(folders: WritingFolders, empty: Corpus) -> None:
    writers, request = FakeWriters(), request_for(folders, CASE)
    corpus = with_files_of([OLD, NEW], request, empty, writers, folders)
    assert corpus.writers() == [OLD, NEW]
    assert corpus.packed == folders.corpus
    assert with_files_of([OLD, NEW], request, corpus, writers, folders) is corpus
    assert writers.ran == [([OLD, NEW], [CASE])]


def test_only_cases_that_are_missing_are_run(folders: WritingFolders, empty: Corpus) -> None:
    writers = FakeWriters()
    corpus = with_files_of([OLD], request_for(folders, CASE), empty, writers, folders)
    both = request_for(folders, CASE, OTHER)
    assert [case.name for case in missing_cases(OLD, both, corpus, folders)] == [OTHER]
    shutil.rmtree(folders.saved)
    with_files_of([OLD], both, corpus, writers, folders)
    assert writers.ran[1:] == [([OLD], [OTHER])]


def test_files_that_other_code_has_written_are_missing(
    folders: WritingFolders, empty: Corpus
) -> None:
    request = request_for(folders, CASE)
    corpus = with_files_of([OLD], request, empty, FakeWriters(), folders)
    classes = tuple(msgspec.structs.replace(entry, code="0" * 16) for entry in corpus.classes)
    old = replace(corpus, classes=classes)
    assert missing_writers([OLD], request, corpus, folders) == []
    assert missing_writers([OLD], request, old, folders) == [OLD]


@pytest.mark.parametrize(
    ("outcome", "is_missing"), [("unsupported", False), ("save-error", False), ("mismatch", True)]
)
def test_a_cell_that_leaves_no_file_is_not_missing(
    folders: WritingFolders, empty: Corpus, outcome: str, is_missing: bool
) -> None:
    request = request_for(folders, CASE)
    (case,) = request.cases
    cells = [Cell(CASE, name, outcome, case.digest) for name in request.formats]
    store.write(Result(OLD, cells={cell.key: cell for cell in cells}), request.folder)
    assert bool(missing_writers([OLD], request, empty, folders)) is is_missing


def test_a_writer_without_environment_has_nothing_to_save_until_the_rules_change(
    folders: WritingFolders, empty: Corpus
) -> None:
    request, digest = request_for(folders, CASE), pair_digest()
    store.write(Result(OLD, outcome="import-error", digest=digest, reason="x"), folders.written)
    assert missing_writers([OLD], request, empty, folders) == []
    store.write(Result(OLD, outcome="import-error", digest="d", reason="x"), folders.written)
    assert missing_writers([OLD], request, empty, folders) == [OLD]


def test_a_writer_that_lacked_its_interpreter_is_tried_again(
    folders: WritingFolders, empty: Corpus
) -> None:
    result = Result(OLD, outcome="no-interpreter", digest=pair_digest(), reason="x")
    store.write(result, folders.written)
    assert missing_writers([OLD], request_for(folders, CASE), empty, folders) == [OLD]


def test_no_writer_is_run_while_damaged_files_of_others_would_be_lost(
    folders: WritingFolders, empty: Corpus
) -> None:
    writers, request = FakeWriters(), request_for(folders, CASE)
    damaged = WriterClass(CASE, "keras", "0" * 12, "", "", (OLD.id, NEW.id))
    with pytest.raises(Fault, match="would be lost"):
        with_files_of([OLD], request, replace(empty, unusable=(damaged,)), writers, folders)
    assert writers.ran == []
    both = replace(empty, unusable=(damaged,))
    assert with_files_of([OLD, NEW], request, both, writers, folders).writers() == [OLD, NEW]


def test_what_another_run_has_added_meanwhile_stays(folders: WritingFolders, empty: Corpus) -> None:
    request, writers = request_for(folders, CASE), FakeWriters()

    def runs_late(pairs: Sequence[Pair], late: Request) -> None:
        with_files_of([OLD], request, empty, writers, folders)
        writers(pairs, late)

    corpus = with_files_of([NEW], request, empty, runs_late, folders)
    assert corpus.writers() == [OLD, NEW]
