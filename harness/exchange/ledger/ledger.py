"""Ledgers: what the built-in classes of a release write into configs, and what they accept.

A ledger has an entry for each class of a release: a default instance as the release serializes it,
and the keywords that the class accepts. Beside it stands what the release refuses of the instances
in other ledgers.
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

#: To be increased with each change to ``guest/ledger.py`` that can change what it finds.
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
        """The class and a digest of the content: the same for all releases that write the same."""
        text = json.dumps(self.serialized, sort_keys=True)
        return f"{self.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class ClassEntry:
    """What a default instance of a class writes, and what the class accepts.

    ``also_accepts`` are the keywords that the class accepts in a config besides those that it
    writes; with ``accepts_any``, it accepts all. ``own_error`` is the exception if the release
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

    ``not_made`` are the classes without a default instance, each with the exception that was raised
    when one was made or serialized. ``method`` is the `METHOD` by which the ledger was made.
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
        """A digest of all instances, which other releases read."""
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
    """What the release of a pair refuses of the instances that other releases have written.

    ``tried`` has the digests of the ledgers whose instances the release has tried to read, by their
    release; instances of classes that the reader lacks are left out. ``refused`` has the exceptions
    by the key of the instance.
    """

    pair: Pair
    tried: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Failure] = field(default_factory=dict)
    method: int = METHOD

    def has_tried(self, writer: Ledger) -> bool:
        """Whether the release has tried to read what another one writes."""
        return self.tried.get(writer.release) == writer.digest

    def of(self, writer: Ledger) -> dict[str, Failure]:
        """The exceptions for instances of a writer that it can read itself, by class."""
        return {
            name: self.refused[entry.key]
            for name, entry in writer.readable.items()
            if entry.key in self.refused
        }
