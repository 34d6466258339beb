"""Ledgers: what the built-in classes of a release write into configs, and what they accept.

Each release has a file with its ledger, and another with what it refuses of the objects in the
other ledgers. What several releases write is stored once, with all other objects, in a third file.
Files are always replaced as a whole, and have a line for each class or object.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from harness.releases.pair import Pair

#: To be increased whenever a change to ``guest/ledger.py`` can change what it finds out.
METHOD = 1


class Failure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Type and message of an exception."""

    type: str
    message: str

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


class WrittenObject(msgspec.Struct, frozen=True):
    """A default instance of a class as a release writes it.

    ``name`` is the class, as ``layers.Dense``. ``serialized`` is the JSON object that
    ``keras.layers.serialize`` returns.
    """

    name: str
    serialized: dict[str, Any]

    @property
    def config(self) -> Mapping[str, Any]:
        """The keys that the instance writes, with their values."""
        config: dict[str, Any] = self.serialized["config"]
        return config

    @property
    def key(self) -> str:
        """The class and a digest of the content: the same for all who write the same."""
        text = json.dumps(self.serialized, sort_keys=True)
        return f"{self.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class ClassEntry:
    """What a default instance of a class writes, and what the class accepts.

    ``also_accepts`` are the keywords that the class accepts in a config beside those that it
    writes; with ``accepts_any`` it accepts all. ``own_error`` is the exception where the release
    cannot read what it has written itself.
    """

    written: WrittenObject
    key: str
    also_accepts: frozenset[str] = frozenset()
    accepts_any: bool = False
    own_error: Failure | None = None

    def accepts(self, name: str) -> bool:
        """Whether the class accepts a keyword in its config."""
        return self.accepts_any or name in self.written.config or name in self.also_accepts


@dataclass(frozen=True)
class Ledger:
    """The built-in classes of the release of a pair, by kind and name, as ``layers.Dense``.

    ``not_made`` holds the classes of which no default instance could be made and serialized, and
    why. ``method`` is the `METHOD` that found all this out.
    """

    pair: Pair
    classes: Mapping[str, ClassEntry]
    not_made: Mapping[str, Failure] = field(default_factory=dict)
    method: int = METHOD

    @property
    def release(self) -> str:
        """The version of the Keras release."""
        return str(self.pair.keras)

    @cached_property
    def digest(self) -> str:
        """A digest of everything that another release may be asked to read."""
        text = " ".join(sorted(entry.key for entry in self.classes.values()))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @cached_property
    def readable(self) -> dict[str, ClassEntry]:
        """The classes whose default instances the release itself can read."""
        return {name: entry for name, entry in self.classes.items() if entry.own_error is None}

    def has(self, name: str) -> bool:
        """Whether the release has a class of this name."""
        return name in self.classes or name in self.not_made


@dataclass(frozen=True)
class Refusals:
    """What the release of a pair refuses of what others have written.

    ``tried`` holds the digest of each other ledger that it was tried on, by release; only objects
    are tried whose class the release has. ``refused`` holds the exceptions by the key of the
    object.
    """

    pair: Pair
    tried: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Failure] = field(default_factory=dict)
    method: int = METHOD

    def has_tried(self, writer: Ledger) -> bool:
        """Whether the release has tried to read what another one writes."""
        return self.tried.get(writer.release) == writer.digest

    def of(self, writer: Ledger) -> dict[str, Failure]:
        """What the release refuses of another one that reads it itself, by class."""
        return {
            name: self.refused[entry.key]
            for name, entry in writer.readable.items()
            if entry.key in self.refused
        }
