"""What one release writes and another does not accept, predicted from their ledgers alone."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.exchange.ledger.ledger import ClassEntry, Failure, Ledger

#: A class and a key in its config.
ClassKey = tuple[str, str]


class UnacceptedKeys(NamedTuple):
    """Keys that one release writes into the same configs, and another does not accept there.

    ``keys`` are pairs of a key and its value as JSON text, which is empty if the value differs from
    class to class. ``owners`` are the classes that write the keys. ``classes`` are all classes
    whose default instances cannot be read because of them: the owners, and those that contain an
    owner, as ``layers.Dense`` contains an ``initializers.GlorotUniform``.
    """

    keys: tuple[tuple[str, str], ...]
    owners: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The keys without their values."""
        return tuple(key for key, _ in self.keys)

    @property
    def containers(self) -> tuple[str, ...]:
        """The classes that only contain an owner."""
        return tuple(name for name in self.classes if name not in self.owners)


@dataclass(frozen=True)
class Comparison:
    """What the release ``writer`` writes and the release ``reader`` does not accept.

    Only default instances that the writer can read itself are compared. ``common`` are those of
    their classes that the reader has, ``absent`` those that it lacks. ``unaccepted`` begins with
    the keys that affect most classes.
    """

    writer: str
    reader: str
    common: tuple[str, ...]
    absent: tuple[str, ...]
    unaccepted: tuple[UnacceptedKeys, ...]

    @property
    def foreseen(self) -> frozenset[str]:
        """The common classes whose default instances the reader should refuse."""
        return frozenset(name for keys in self.unaccepted for name in keys.classes)


@dataclass(frozen=True)
class Trial:
    """What a reader has really refused of the classes of a comparison.

    ``other_reasons`` are the refusals that no key explains; ``accepted`` are the classes that were
    expected to be refused and were not.
    """

    refused: Mapping[str, Failure]
    other_reasons: Mapping[str, Failure]
    accepted: frozenset[str]


def compare_ledgers(writer: Ledger, reader: Ledger) -> Comparison:
    """Compare what one release writes with what another accepts."""
    known = Classes(reader)
    own = Classes(writer)
    common = tuple(name for name in writer.readable if reader.has(name))
    found: dict[str, _Places] = defaultdict(_Places)
    for name in common:
        for owner, key, value in _written_keys(name, writer.classes[name].written.serialized):
            if not known.accept(owner, key):
                found[key].add(own.full_name(owner), name, value)
    absent = tuple(name for name in writer.readable if not reader.has(name))
    return Comparison(writer.release, reader.release, common, absent, _grouped(found))


def judge(comparison: Comparison, refused: Mapping[str, Failure]) -> Trial:
    """Check a comparison against the refusals of the reader, by class."""
    foreseen = comparison.foreseen
    other = {name: error for name, error in refused.items() if name not in foreseen}
    return Trial(refused, other, foreseen - refused.keys())


# ---------------------------------------------------------------- what is written


def keys_in(config: Any) -> Iterator[ClassKey]:
    """All keys in the serialized objects of a config, with the classes of these.

    A class of Keras 2 has no kind, so that its name begins with a dot: ``.Dense``.
    """
    for part in _objects_in(config):
        for name, key, _ in _written_keys(_name_of(part), part):
            yield name, key


def written_keys(writer: Ledger) -> frozenset[ClassKey]:
    """All keys that the default instances of a release write, and the objects within these."""
    return frozenset(
        (owner, key)
        for name, entry in writer.readable.items()
        for owner, key, _ in _written_keys(name, entry.written.serialized)
    )


def unaccepted_keys(keys: Iterable[ClassKey], reader: Classes) -> frozenset[ClassKey]:
    """The keys that a release does not accept, of classes that it has."""
    return frozenset(key for key in keys if not reader.accept(*key))


def _written_keys(name: str, serialized: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """The keys of a serialized object and of the objects within it: class, key and value."""
    config = serialized["config"]
    if not isinstance(config, dict):
        return  # a built-in function is written as its name
    for key, value in config.items():
        yield name, key, value
        for part in _objects_in(value):
            yield from _written_keys(_name_of(part), part)


def _objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """The outermost serialized objects in a value."""
    if isinstance(value, dict) and {"class_name", "config"} <= value.keys():
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _objects_in(part)


def _name_of(serialized: Mapping[str, Any]) -> str:
    """Kind and name of a serialized object, from its module ``keras.layers``.

    The kind is empty for a class of Keras 2, which writes no module.
    """
    kind = str(serialized.get("module") or "").partition(".")[2]
    return f"{kind}.{serialized['class_name']}"


class Classes:
    """The classes of a release, which can also be looked up without their kind."""

    def __init__(self, ledger: Ledger) -> None:
        self._entries: dict[str, dict[str, ClassEntry]] = defaultdict(dict)
        for name, entry in ledger.classes.items():
            self._entries[name][name] = entry
            self._entries[name[name.index(".") :]][name] = entry
        self._accepted: dict[ClassKey, bool] = {}

    def accept(self, name: str, key: str) -> bool:
        """Whether a class accepts a key; a class that is not in the ledger is taken to do so."""
        if (name, key) not in self._accepted:
            entries = self._entries.get(name)
            self._accepted[name, key] = not entries or any(
                entry.accepts(key) for entry in entries.values()
            )
        return self._accepted[name, key]

    def full_name(self, name: str) -> str:
        """The name with its kind, if the release has just one class of this name."""
        entries = self._entries.get(name, {})
        return next(iter(entries)) if len(entries) == 1 else name.removeprefix(".")


# ---------------------------------------------------------------- what belongs together


class _Places:
    """Where a key that is not accepted is written: its owners, all classes, and its values."""

    def __init__(self) -> None:
        self.owners: set[str] = set()
        self.classes: set[str] = set()
        self.values: set[str] = set()

    def add(self, owner: str, name: str, value: Any) -> None:
        """Add a place: the class that owns the key, and the class that was compared."""
        self.owners.add(owner)
        self.classes.add(name)
        self.values.add(json.dumps(value, sort_keys=True))


def _grouped(found: Mapping[str, _Places]) -> tuple[UnacceptedKeys, ...]:
    """The keys by their places, those that affect most classes first."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[str, str]]] = {}
    for key in sorted(found):
        places = found[key]
        where = tuple(sorted(places.owners)), tuple(sorted(places.classes))
        groups.setdefault(where, []).append((key, _only(places.values)))
    unaccepted = (
        UnacceptedKeys(tuple(keys), owners, classes) for (owners, classes), keys in groups.items()
    )
    return tuple(sorted(unaccepted, key=lambda each: (-len(each.classes), each.keys)))


def _only(values: Iterable[str]) -> str:
    first, *others = values
    return "" if others else first
