"""The request to read saved files: its cells, and how a session is asked for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.exchange.corpus import Corpus, open_corpus, update
from harness.exchange.reading import LONGEST_LIMIT, ReadCase, ReadRequest
from harness.execution.cases import Case, all_cases
from harness.releases.pair import Pair
from harness.results.model import Cell, Result
from tests.exchange.saved import CASE, saved_by, saved_files


@pytest.fixture
def corpus(tmp_path: Path, case: Case) -> Corpus:
    return corpus_of(case.digest, tmp_path)


def corpus_of(code: str, folder: Path) -> Corpus:
    """The recorded files, as if code with this digest had written them."""
    empty = open_corpus(folder, folder / "unpacked")
    update(saved_files(), {CASE: code}, empty, folder)
    return open_corpus(folder, folder / "unpacked")


@pytest.fixture
def case() -> Case:
    (found,) = (case for case in all_cases() if case.name == CASE)
    return found


def request(
    corpus: Corpus, case: Case, *formats: str, writers: list[Pair] | None = None
) -> ReadRequest:
    return ReadRequest(cases=[case], formats=formats, limit=30, corpus=corpus, writers=writers)


def test_a_cell_is_a_file_and_its_key_names_it(corpus: Corpus, case: Case) -> None:
    cells = request(corpus, case, "keras", "weights").cells
    assert len(cells) == 3 + 1
    for cell in cells:
        assert cell.saved is not None
        assert cell.key == ("dense_twice", f"{cell.format}@{cell.saved.name}")


def test_a_writer_restricts_the_files_to_those_it_wrote(corpus: Corpus, case: Case) -> None:
    writer = saved_by("3.9.0", "keras").writer
    cells = request(corpus, case, "keras", "weights", writers=[writer]).cells
    assert [cell.format for cell in cells] == ["keras", "weights"]


def test_files_that_other_code_of_the_case_wrote_are_not_read(case: Case, tmp_path: Path) -> None:
    assert request(corpus_of("0123456789abcdef", tmp_path), case, "weights").cells == []


def test_a_reading_has_a_digest_of_its_own(corpus: Corpus, case: Case) -> None:
    (cell,) = request(corpus, case, "weights").cells
    assert cell.case.name == case.name
    assert cell.case.digest != case.digest


def test_the_session_is_asked_to_read(corpus: Corpus, case: Case) -> None:
    writer = saved_by("3.9.0", "keras").writer
    arguments = request(corpus, case, "keras", writers=[writer]).arguments()
    assert {"--read", "--format=keras", f"--writer={writer.id}"} <= set(arguments)
    assert f"--corpus={corpus.packed}" in arguments  # it is not the one of the repository


def test_the_time_limit_of_a_reading_is_short(case: Case) -> None:
    reading = ReadCase(case.name, case.path)
    assert (reading.limit(60), reading.limit(5)) == (10, 5)


def test_a_reading_that_ran_into_its_short_limit_is_known(corpus: Corpus, case: Case) -> None:
    """Each run asked for it again, since the cells of the case itself have a longer limit."""
    asked = request(corpus, case, "keras")
    (reader,) = {cell.case for cell in asked.cells}
    cells = {
        cell.key: Cell(*cell.key, "timeout", digest=reader.digest, limit=LONGEST_LIMIT)
        for cell in asked.cells
    }
    pair = saved_by("3.9.0", "keras").writer
    assert asked.unknown_in(Result(pair, cells=cells)) == []
    shorter = {key: replace(cell, limit=1.0) for key, cell in cells.items()}
    assert asked.unknown_in(Result(pair, cells=shorter)) == asked.cells
