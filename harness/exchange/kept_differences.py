"""Differences of the files of a corpus, kept from one report to the next."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.exchange import config_difference, file_difference, saved_content
from harness.exchange.corpus import Corpus, WriterClass
from harness.exchange.file_difference import FileDifference
from harness.util.files import write_bytes_atomically

#: What a difference depends on beside the files.
_CODE = (config_difference, file_difference, saved_content)


class KeptDifferences:
    """The differences of files, each made once for a state of the corpus and of the code.

    They are kept beside the unpacked corpus, whose folder is another one for each of its states.
    """

    def __init__(self, corpus: Corpus) -> None:
        """Read what is kept for a corpus."""
        self._corpus = corpus
        self._path = corpus.folder.with_suffix(f".differences-{_code_digest()}.json")
        self._known = _read(self._path)
        self._has_new = False

    def between(self, before: WriterClass, after: WriterClass) -> FileDifference | None:
        """The difference of two files of one case and format; None if one of them is damaged."""
        key = f"{before.path} {after.digest}"
        if key not in self._known:
            if not (self._corpus.is_intact(before) and self._corpus.is_intact(after)):
                return None
            older, newer = self._corpus.folder_of(before), self._corpus.folder_of(after)
            self._known[key] = file_difference.file_difference(older, newer, before.format)
            self._has_new = True
        return self._known[key]

    def save(self) -> None:
        """Keep what was made since the last time."""
        if self._has_new:
            write_bytes_atomically(self._path, msgspec.json.encode(self._known))
            self._has_new = False


def _read(path: Path) -> dict[str, FileDifference]:
    with suppress(FileNotFoundError, msgspec.MsgspecError):  # cut short: made again
        return msgspec.json.decode(path.read_bytes(), type=dict[str, FileDifference])
    return {}


def _code_digest() -> str:
    digest = hashlib.sha256()
    for module in _CODE:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:12]
