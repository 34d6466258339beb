"""Differences that are kept: each is made once, and never trusted where it is cut short."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.exchange import kept_values
from harness.exchange.content import file_difference
from harness.exchange.content.file_difference import FileDifference
from harness.exchange.corpus import Corpus, WriterClass
from harness.exchange.kept_differences import KeptDifferences
from tests.exchange import readings


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return readings.corpus(tmp_path)


def two_files(corpus: Corpus) -> tuple[WriterClass, WriterClass]:
    """Two different files of one case and format."""
    first = corpus.classes[0]
    second = next(
        entry
        for entry in corpus.classes[1:]
        if (entry.case, entry.format) == (first.case, first.format)
    )
    return first, second


def test_a_difference_is_made_once(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = two_files(corpus)
    kept = KeptDifferences(corpus)
    made = kept.between(before, after)
    assert made is not None and made.subjects
    kept.save()

    def never(*_: object) -> None:
        raise AssertionError("the difference was made again")

    monkeypatch.setattr(file_difference, "file_difference", never)
    assert KeptDifferences(corpus).between(before, after) == made


def test_what_is_cut_short_is_made_again(corpus: Corpus) -> None:
    before, after = two_files(corpus)
    kept = KeptDifferences(corpus)
    made = kept.between(before, after)
    kept.save()
    (path,) = corpus.folder.parent.glob("*.differences-*.json")
    path.write_bytes(path.read_bytes()[:-10])
    assert KeptDifferences(corpus).between(before, after) == made


def test_what_other_code_has_computed_is_computed_again(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = two_files(corpus)
    kept = KeptDifferences(corpus)
    kept.between(before, after)
    kept.save()
    other = FileDifference(unreadable="by other code")
    monkeypatch.setattr(file_difference, "file_difference", lambda *_: other)
    assert KeptDifferences(corpus).between(before, after) != other
    monkeypatch.setattr(kept_values, "_code_digest", lambda: "0" * 12)
    assert KeptDifferences(corpus).between(before, after) == other


def test_nothing_is_told_of_a_damaged_file(corpus: Corpus) -> None:
    before, after = two_files(corpus)
    shutil.rmtree(corpus.folder_of(after))
    assert KeptDifferences(corpus).between(before, after) is None
