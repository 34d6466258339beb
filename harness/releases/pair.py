"""A pair: a Keras release, a TensorFlow release and a Python minor version, and its id."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from harness.util.errors import UsageError

#: The packages that are Keras: Keras itself, and Keras 2 as it is kept for TensorFlow 2.16 and on.
LINEAGES = ("keras", "tf-keras")

_ID = re.compile(
    r"(?P<lineage>(tf-)?keras)-(?P<keras>[^_-]+)_tensorflow-(?P<tensorflow>[^_]+)"
    r"_py(?P<python>3\.\d+)(\+(?P<edits>[a-z0-9-]+(==[^,=\s/]+)?(,[a-z0-9-]+(==[^,=\s/]+)?)*))?"
)
#: Ids longer than this are too long for a file name.
LONGEST_NAME = 150


@dataclass(frozen=True, order=True)
class Edit:
    """What is done to the environment of a pair once it is resolved.

    ``version`` replaces the one that a distribution has; ``none`` removes the distribution; empty
    adds it, in the version of the pair's day.
    """

    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.version else self.name

    @classmethod
    def parse(cls, text: str) -> Edit:
        """Read one back."""
        name, _, version = text.partition("==")
        return cls(name, version)


@dataclass(frozen=True, order=True)
class Pair:
    """A Keras release, a TensorFlow release and a Python minor version; ordered by version.

    ``lineage`` is the package that the Keras release is one of. With ``edits`` it is a variant: the
    environment of the pair, and then something else in it.
    """

    lineage: str
    keras: Version
    tensorflow: Version
    python: str
    edits: tuple[Edit, ...] = ()

    @property
    def id(self) -> str:
        """The one name of the pair: session and table use it."""
        edits = ",".join(map(str, self.edits))
        return self._base + ("+" if edits else "") + edits

    @property
    def file_name(self) -> str:
        """The id, or what stands for it where files are named after the pair and it is too long."""
        if len(self.id) <= LONGEST_NAME:
            return self.id
        return f"{self._base}+{hashlib.sha256(self.id.encode()).hexdigest()[:16]}"

    @property
    def tensorflow_build(self) -> tuple[Version, str]:
        """TensorFlow and Python: pairs that agree in both install the same TensorFlow wheel."""
        return self.tensorflow, self.python

    @property
    def _base(self) -> str:
        return f"{self.lineage}-{self.keras}_tensorflow-{self.tensorflow}_py{self.python}"

    @classmethod
    def parse(cls, text: str) -> Pair:
        """Read an id back.

        Raises:
            UsageProblem: it has not the form of an id.
        """
        match = _ID.fullmatch(text)
        try:
            if match is None:
                raise InvalidVersion(text)
            return cls(
                match["lineage"],
                Version(match["keras"]),
                Version(match["tensorflow"]),
                match["python"],
                tuple(map(Edit.parse, match["edits"].split(",") if match["edits"] else ())),
            )
        except InvalidVersion:
            raise UsageError(
                f"{text!r} is not a pair; pairs are named like keras-3.6.0_tensorflow-2.17.0_py3.11"
            ) from None
