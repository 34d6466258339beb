"""The corpus: what is packed, what is kept when it is made again, and what is not trusted."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from harness.exchange.corpus import ARCHIVE, INDEX, Corpus, open_corpus, read_index, update
from harness.exchange.saved_files import SavedFile
from harness.util.errors import Fault
from tests.exchange.saved import CASE, CODES, saved_by, saved_files


class Place:
    """A folder for a corpus, and one to unpack it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "corpus"
        self.unpacked = folder / "unpacked"

    def open(self) -> Corpus:
        return open_corpus(self.folder, self.unpacked)

    def content(self) -> tuple[bytes, bytes]:
        return (self.folder / INDEX).read_bytes(), (self.folder / ARCHIVE).read_bytes()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def full(place: Place) -> Place:
    """The corpus of all recorded files."""
    update(saved_files(), CODES, place.open(), place.folder)
    return place


def test_a_class_has_one_file_and_all_its_writers(full: Place) -> None:
    corpus = full.open()
    by_format: dict[str, list[list[str]]] = {}
    for entry in corpus.classes:
        writers = [str(pair.keras) for pair in entry.pairs]
        by_format.setdefault(entry.format, []).append(writers)
    assert by_format["weights"] == [["3.6.0", "3.9.0", "3.15.1"]]
    assert sorted(by_format["keras"]) == [["3.15.1"], ["3.6.0"], ["3.9.0"]]
    assert corpus.damaged == ()


def test_the_files_are_unpacked_as_they_were(full: Place) -> None:
    corpus = full.open()
    (entry,) = (entry for entry in corpus.classes if entry.format == "weights")
    unpacked = corpus.folder_of(entry) / "model.weights.h5"
    oldest = saved_by("3.6.0", "weights").folder / "model.weights.h5"
    assert unpacked.read_bytes() == oldest.read_bytes()


def test_the_same_files_make_the_same_bytes(full: Place) -> None:
    before = full.content()
    shutil.rmtree(full.folder)
    shutil.rmtree(full.unpacked)
    update(reversed(saved_files()), CODES, full.open(), full.folder)
    assert full.content() == before


def test_an_update_without_news_writes_nothing(full: Place) -> None:
    before = [(full.folder / name).stat().st_mtime_ns for name in (INDEX, ARCHIVE)]
    update(saved_files(), CODES, full.open(), full.folder)
    assert [(full.folder / name).stat().st_mtime_ns for name in (INDEX, ARCHIVE)] == before


def test_a_new_writer_of_a_known_file_leaves_the_archive(place: Place) -> None:
    update([saved_by("3.6.0", "weights")], CODES, place.open(), place.folder)
    archive = place.content()[1]
    classes = update([saved_by("3.15.1", "weights")], CODES, place.open(), place.folder)
    assert place.content()[1] == archive
    assert [str(pair.keras) for entry in classes for pair in entry.pairs] == ["3.6.0", "3.15.1"]


def test_what_other_code_of_the_case_wrote_is_dropped(full: Place) -> None:
    other = {CASE: "fedcba9876543210"}
    classes = update([saved_by("3.9.0", "json")], other, full.open(), full.folder)
    assert [(entry.format, entry.code) for entry in classes] == [("json", other[CASE])]


def test_an_altered_file_is_unpacked_again(full: Place) -> None:
    corpus = full.open()
    path = corpus.folder_of(corpus.classes[0]) / "written.json"
    path.write_text("{}")
    assert full.open().damaged == ()
    assert path.read_text() != "{}"


def test_files_that_others_may_be_reading_stay_where_they_are(full: Place) -> None:
    altered, *others = [full.open().folder_of(entry) for entry in full.open().classes]
    before = [next(folder.iterdir()).stat().st_ino for folder in others]
    next(altered.iterdir()).write_bytes(b"altered")
    assert full.open().damaged == ()
    assert [next(folder.iterdir()).stat().st_ino for folder in others] == before


def test_files_that_cannot_be_written_are_a_fault_and_not_damage(
    full: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tarfile.TarFile.extract", fill_the_disk)
    with pytest.raises(Fault, match=r"cannot be unpacked.*No space left on device"):
        full.open()


def test_an_archive_cut_short_is_read_as_far_as_it_goes(full: Place) -> None:
    archive = full.folder / ARCHIVE
    archive.write_bytes(archive.read_bytes()[:-2000])
    damaged = full.open().damaged
    assert damaged
    assert all(path.startswith(f"{CASE}/") for path in damaged)


def test_without_its_archive_all_files_are_named(full: Place) -> None:
    (full.folder / ARCHIVE).unlink()
    corpus = full.open()
    assert (len(corpus.classes), len(corpus.damaged)) == (0, len(read_index(full.folder)))


@pytest.mark.parametrize("text", ["", "{", '{"schema": 1}', '{"schema": 2, "classes": []}'])
def test_a_damaged_index_is_a_fault(full: Place, text: str) -> None:
    (full.folder / INDEX).write_text(text)
    with pytest.raises(Fault, match=INDEX):
        full.open()


def test_only_what_replaces_all_damaged_files_is_added_to_a_corpus(full: Place) -> None:
    index, _ = full.content()
    shutil.rmtree(full.unpacked)
    (full.folder / ARCHIVE).unlink()
    oldest = [saved for saved in saved_files() if str(saved.writer.keras) == "3.6.0"]
    with pytest.raises(Fault, match="would be lost"):
        update(oldest, CODES, full.open(), full.folder)
    assert (full.folder / INDEX).read_bytes() == index
    update(saved_files(), CODES, full.open(), full.folder)
    assert full.open().damaged == ()
    assert (full.folder / INDEX).read_bytes() == index


def test_no_corpus_is_an_empty_one(place: Place) -> None:
    assert place.open().classes == ()


def test_files_of_other_cases_stay(full: Place) -> None:
    """An update is of the cases that were asked for, and the codes are those of all cases."""
    before = read_index(full.folder)
    codes = {**CODES, "another_case": "89abcdef01234567"}
    saved = saved_by("3.9.0", "json")
    other = SavedFile(saved.writer, "another_case", "json", saved.folder)
    classes = update([other], codes, full.open(), full.folder)
    assert set(before) <= set(classes)
    assert len(classes) == len(before) + 1


def test_without_a_check_a_file_is_looked_at_when_it_is_used(full: Place) -> None:
    corpus = full.open()
    entry = corpus.classes[0]
    next(corpus.folder_of(entry).iterdir()).write_bytes(b"altered")
    unchecked = open_corpus(full.folder, full.unpacked, check=False)
    assert unchecked.classes == corpus.classes
    assert [each for each in unchecked.classes if not unchecked.is_intact(each)] == [entry]
