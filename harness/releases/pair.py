"""A pair: a Keras release, a TensorFlow release and a Python minor version, and its id."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from typing import Any

from packaging.version import InvalidVersion, Version

from harness.util.errors import UsageError

#: The packages that are a Keras: ``keras``, and ``tf-keras``, which maintains Keras 2 for
#: TensorFlow 2.16 and newer.
LINEAGES = ("keras", "tf-keras")

_ID = re.compile(
    r"(?P<lineage>(tf-)?keras)-(?P<keras>[^_-]+)_tensorflow-(?P<tensorflow>[^_]+)"
    r"_py(?P<python>3\.\d+)(\+(?P<edits>[a-z0-9-]+(==[^,=\s/]+)?(,[a-z0-9-]+(==[^,=\s/]+)?)*))?"
)
#: Length of the longest id that is used as a file name.
LONGEST_NAME = 150
#: Stands for a version in an edit that removes a distribution.
_REMOVED = "none"


@dataclass(frozen=True, order=True)
class Edit:
    """A change to the environment of a pair, for one distribution.

    ``version`` replaces the version that was resolved; ``none`` removes the distribution; an empty
    version adds it, in the version that was current on the pair's day.
    """

    name: str
    version: str = ""

    @property
    def adds(self) -> bool:
        """Whether the distribution is resolved together with the pair."""
        return not self.version

    @property
    def removes(self) -> bool:
        """Whether the distribution is removed."""
        return self.version == _REMOVED

    @property
    def replaces(self) -> bool:
        """Whether the distribution is put at another version."""
        return not (self.adds or self.removes)

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.version else self.name

    @classmethod
    def parse(cls, text: str) -> Edit:
        """Parse what ``str`` makes of an edit."""
        name, _, version = text.partition("==")
        return cls(name, version)


@dataclass(frozen=True, order=True)
class Pair:
    """A Keras release, a TensorFlow release and a Python minor version such as ``"3.11"``.

    ``lineage`` is the package of the Keras release. A pair with ``edits`` is a variant: its
    environment is the pair's own, with these changes. Pairs are ordered by lineage and versions.
    """

    lineage: str
    keras: Version
    tensorflow: Version
    python: str
    edits: tuple[Edit, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return Pair.parse, (self.id,)  # hashes of texts differ from one process to the next

    @cached_property
    def _hash(self) -> int:
        return hash((self.lineage, self.keras, self.tensorflow, self.python, self.edits))

    @cached_property
    def id(self) -> str:
        """The name of the pair in commands, sessions and tables."""
        if not self.edits:
            return self._id_of_releases
        return f"{self._id_of_releases}+{','.join(map(str, self.edits))}"

    @property
    def file_name(self) -> str:
        """The name of the pair's files and folders.

        It is the id, in which a digest of the whole replaces the edits if the id is too long.
        """
        if len(self.id) <= LONGEST_NAME:
            return self.id
        return f"{self._id_of_releases}+{hashlib.sha256(self.id.encode()).hexdigest()[:16]}"

    @property
    def release(self) -> str:
        """The Keras release in words: ``Keras 3.6.0``, or ``tf-keras 2.18.0``."""
        return release_in_words(self.lineage, self.keras)

    @property
    def tensorflow_build(self) -> tuple[Version, str]:
        """TensorFlow and Python; pairs that agree in both install the same TensorFlow wheel."""
        return self.tensorflow, self.python

    @property
    def _id_of_releases(self) -> str:
        return f"{self.lineage}-{self.keras}_tensorflow-{self.tensorflow}_py{self.python}"

    @classmethod
    @cache
    def parse(cls, text: str) -> Pair:
        """Parse an id; equal ids give the same object.

        Raises:
            UsageError: the text is not an id.
        """
        not_a_pair = UsageError(
            f"{text!r} is not a pair; pairs are named like keras-3.6.0_tensorflow-2.17.0_py3.11"
        )
        match = _ID.fullmatch(text)
        if match is None:
            raise not_a_pair
        try:
            keras, tensorflow = Version(match["keras"]), Version(match["tensorflow"])
        except InvalidVersion:
            raise not_a_pair from None
        edits = tuple(Edit.parse(edit) for edit in (match["edits"] or "").split(",") if edit)
        return cls(match["lineage"], keras, tensorflow, match["python"], edits)


def display_key(pair: Pair) -> tuple[bool, Pair]:
    """A key that sorts for display, in reverse: Keras before tf-keras, the newest first."""
    return pair.lineage == "keras", pair


def release_in_words(lineage: str, version: object) -> str:
    """A release of a lineage: ``Keras 3.6.0``, or ``tf-keras 2.18.0``."""
    return f"{'Keras' if lineage == 'keras' else lineage} {version}"


def releases_in_words(first: Version, last: Version) -> str:
    """Name a range of releases.

    >>> releases_in_words(Version("3.0.5"), Version("3.6.0"))
    '3.0.5 to 3.6.0'
    >>> releases_in_words(Version("3.6.0"), Version("3.6.0"))
    '3.6.0'
    """
    return str(first) if first == last else f"{first} to {last}"


def span_in_words(pairs: Sequence[Pair]) -> str:
    """The Keras releases from the first of some pairs of one lineage to the last.

    >>> pairs = [Pair("tf-keras", Version(f"2.{n}.0"), Version("2.18.0"), "3.11") for n in (17, 18)]
    >>> span_in_words(pairs)
    'tf-keras 2.17.0 to 2.18.0'
    """
    first, last = pairs[0], pairs[-1]
    name = "" if first.lineage == "keras" else f"{first.lineage} "
    return name + releases_in_words(first.keras, last.keras)


def spans_in_words(chosen: Collection[Pair], known: Sequence[Pair]) -> list[str]:
    """The Keras releases of pairs in words; neighbours in ``known`` are joined into a span."""
    runs = groupby(known, key=lambda pair: (pair.lineage, pair in chosen))
    return [span_in_words(list(pairs)) for (_, is_chosen), pairs in runs if is_chosen]
