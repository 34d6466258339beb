"""Differences of the files of a corpus, kept from one report to the next."""

from __future__ import annotations

from harness.exchange.content import file_difference
from harness.exchange.content.file_difference import FileDifference
from harness.exchange.corpus import Corpus, WriterClass
from harness.exchange.kept_values import KeptValues


class KeptDifferences:
    """The differences of files, each computed once."""

    def __init__(self, corpus: Corpus) -> None:
        """Read what is kept for a corpus."""
        self._corpus = corpus
        self._kept = KeptValues(corpus, "differences", dict[str, FileDifference])

    def between(self, before: WriterClass, after: WriterClass) -> FileDifference | None:
        """The difference of two files of one case and format; None if one of them is damaged."""
        key = f"{before.path} {after.digest}"
        if key not in self._kept:
            if not (self._corpus.is_intact(before) and self._corpus.is_intact(after)):
                return None
            older, newer = self._corpus.folder_of(before), self._corpus.folder_of(after)
            self._kept[key] = file_difference.file_difference(older, newer, before.format)
        return self._kept[key]

    def save(self) -> None:
        """Keep what has been computed since the last time."""
        self._kept.save()
