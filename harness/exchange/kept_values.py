"""Values that are computed from the files of a corpus, kept from one report to the next."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

import harness.util
from harness.exchange.corpus import Corpus
from harness.util.files import write_bytes_atomically

Value = TypeVar("Value")
#: The folders of the code that computes values.
_CODE = (Path(__file__).parent, Path(str(harness.util.__file__)).parent)


class KeptValues(Generic[Value]):
    """Values by key, each computed once for a state of the corpus and of the code.

    They are kept beside the unpacked corpus, whose folder is another one for each of its states.
    """

    def __init__(self, corpus: Corpus, name: str, kind: type[dict[str, Value]]) -> None:
        """Read what is kept under a name for a corpus."""
        self._path = corpus.folder.with_suffix(f".{name}-{_code_digest()}.json")
        self._values: dict[str, Value] = {}
        with suppress(FileNotFoundError, msgspec.MsgspecError):  # cut short: computed again
            self._values = msgspec.json.decode(self._path.read_bytes(), type=kind)
        self._has_new = False

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __getitem__(self, key: str) -> Value:
        return self._values[key]

    def __setitem__(self, key: str, value: Value) -> None:
        self._values[key] = value
        self._has_new = True

    def save(self) -> None:
        """Keep what has been added since the last time."""
        if self._has_new:
            write_bytes_atomically(self._path, msgspec.json.encode(self._values))
            self._has_new = False


@cache
def _code_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for folder in _CODE for path in folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
