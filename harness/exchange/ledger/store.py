"""The files of the ledgers: each is replaced as a whole, and has a line for each class or object.

``releases/keras-3.15.1.json`` is the ledger of a release, and ``refusals/keras-3.15.1.json`` holds
what the release refuses of the others. ``objects.json`` holds the objects that classes write, since
most are the same in many releases. The content is untrusted: a file that is cut short or altered is
never used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from filelock import FileLock
from packaging.version import Version

from harness.exchange.ledger.compare import Comparison, Trial, compare_ledgers, judge
from harness.exchange.ledger.ledger import ClassEntry, Failure, Ledger, Refusals, WrittenObject
from harness.releases.pair import Pair
from harness.util.errors import UsageError
from harness.util.escaping import json_without_lone_surrogates
from harness.util.files import write_atomically
from harness.util.paths import LEDGERS, LOCKS

SCHEMA = 1
OBJECTS = "objects.json"


class DamagedLedger(ValueError):
    """A file cannot be trusted; the message names it and says why."""


class _Entry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A `ClassEntry`; ``writes`` is the digest in the key of its object."""

    writes: str
    also_accepts: list[str] = []
    accepts_any: bool = False
    own_error: Failure | None = None


class _LedgerDocument(msgspec.Struct, forbid_unknown_fields=True):
    schema: int
    method: int
    pair: str
    classes: dict[str, _Entry]
    not_made: dict[str, Failure]


class _RefusalsDocument(msgspec.Struct, forbid_unknown_fields=True):
    schema: int
    method: int
    pair: str
    tried: dict[str, str]
    errors: dict[str, Failure]
    refused: dict[str, str]


class _ObjectsDocument(msgspec.Struct, forbid_unknown_fields=True):
    schema: int
    objects: dict[str, dict[str, Any]]


_Document = TypeVar("_Document", _LedgerDocument, _RefusalsDocument, _ObjectsDocument)


@dataclass(frozen=True)
class StoredLedgers:
    """Everything that is stored about releases, in their order; ``damaged`` names the bad files."""

    ledgers: list[Ledger] = field(default_factory=list)
    refusals: list[Refusals] = field(default_factory=list)
    damaged: list[DamagedLedger] = field(default_factory=list)

    def ledger_of(self, version: Version) -> Ledger | None:
        """The ledger of a Keras release, or None."""
        return next((each for each in self.ledgers if each.pair.keras == version), None)

    def refusals_of(self, pair: Pair) -> Refusals:
        """What the release of a pair refuses; empty where that is not known."""
        return next((each for each in self.refusals if each.pair == pair), Refusals(pair))

    def compare(self, writer: Ledger, reader: Ledger) -> tuple[Comparison, Trial | None]:
        """What the reader should refuse of the writer; what it has refused, None if not tried."""
        comparison = compare_ledgers(writer, reader)
        refusals = self.refusals_of(reader.pair)
        known = refusals.has_tried(writer)
        return comparison, judge(comparison, refusals.of(writer)) if known else None


def read_all(folder: Path = LEDGERS) -> StoredLedgers:
    """Read all files; those that cannot be trusted are left out and named."""
    stored = StoredLedgers()
    objects = {}
    try:
        objects = _read_objects(folder)
    except DamagedLedger as damage:
        stored.damaged.append(damage)
    for path in sorted((folder / "releases").glob("*.json")):
        try:
            stored.ledgers.append(_read_ledger(path, objects))
        except DamagedLedger as damage:
            stored.damaged.append(damage)
    for path in sorted((folder / "refusals").glob("*.json")):
        try:
            stored.refusals.append(_read_refusals(path))
        except DamagedLedger as damage:
            stored.damaged.append(damage)
    stored.ledgers.sort(key=lambda each: each.pair)
    stored.refusals.sort(key=lambda each: each.pair)
    return stored


def write_ledger(ledger: Ledger, folder: Path = LEDGERS) -> Path:
    """Store a ledger, and return the path of its file."""
    _add_objects({entry.key: entry.written for entry in ledger.classes.values()}, folder)
    entries = {
        name: _Entry(
            entry.key.rpartition(" ")[2],
            sorted(entry.also_accepts),
            entry.accepts_any,
            entry.own_error,
        )
        for name, entry in ledger.classes.items()
    }
    parts = {"classes": _lines(entries), "not_made": _lines(ledger.not_made)}
    return _write(ledger, folder / "releases", parts)


def write_refusals(refusals: Refusals, folder: Path = LEDGERS) -> Path:
    """Store what a release refuses, and return the path of its file."""
    errors = {_digest(error): error for error in refusals.refused.values()}
    refused = {key: _digest(error) for key, error in refusals.refused.items()}
    parts = {"tried": refusals.tried, "errors": errors, "refused": refused}
    texts = {name: _lines(members) for name, members in parts.items()}
    return _write(refusals, folder / "refusals", texts)


def remove_unused_objects(folder: Path = LEDGERS) -> None:
    """Remove the objects that no release writes any more; nothing if a file is damaged."""
    with _objects_lock():
        stored = read_all(folder)
        used = {entry.key for ledger in stored.ledgers for entry in ledger.classes.values()}
        if not stored.damaged and stored.ledgers:
            objects = _read_objects(folder)
            kept = {key: written for key, written in objects.items() if key in used}
            if len(kept) < len(objects):
                _write_objects(kept, folder)


# ---------------------------------------------------------------- objects


def _objects_lock() -> FileLock:
    LOCKS.mkdir(parents=True, exist_ok=True)
    return FileLock(LOCKS / "ledger-objects.lock")


def _read_objects(folder: Path) -> dict[str, WrittenObject]:
    """The stored objects by their key, without those whose content does not match their key.

    Raises:
        DamagedLedger: the file cannot be trusted.
    """
    path = folder / OBJECTS
    if not path.exists():
        return {}
    document = _decode(path, _ObjectsDocument)
    objects = {
        key: WrittenObject(key.partition(" ")[0], serialized)
        for key, serialized in document.objects.items()
    }
    return {
        key: written
        for key, written in objects.items()
        if written.key == key and isinstance(written.serialized.get("config"), dict)
    }


def _add_objects(new: Mapping[str, WrittenObject], folder: Path) -> None:
    """Add objects to the stored ones; a damaged file is replaced."""
    with _objects_lock():
        try:
            objects = _read_objects(folder)
        except DamagedLedger:
            objects = {}
        if not new.keys() <= objects.keys():
            _write_objects({**objects, **new}, folder)


def _write_objects(objects: Mapping[str, WrittenObject], folder: Path) -> None:
    parts = {
        "schema": str(SCHEMA),
        "objects": _lines({key: written.serialized for key, written in objects.items()}),
    }
    write_atomically(folder / OBJECTS, _object_text(parts))


# ---------------------------------------------------------------- one file


def _read_ledger(path: Path, objects: Mapping[str, WrittenObject]) -> Ledger:
    document = _decode(path, _LedgerDocument)
    classes = {}
    for name, entry in document.classes.items():
        key = f"{name} {entry.writes}"
        if key not in objects:
            raise _damaged(path, f"{OBJECTS} does not have {key}")
        also_accepts = frozenset(entry.also_accepts)
        classes[name] = ClassEntry(
            objects[key], key, also_accepts, entry.accepts_any, entry.own_error
        )
    return Ledger(_pair_of(path, document.pair), classes, document.not_made, document.method)


def _read_refusals(path: Path) -> Refusals:
    document = _decode(path, _RefusalsDocument)
    pair = _pair_of(path, document.pair)
    try:
        refused = {key: document.errors[digest] for key, digest in document.refused.items()}
    except KeyError as digest:
        raise _damaged(path, f"it has no error {digest}") from digest
    return Refusals(pair, document.tried, refused, document.method)


def _decode(path: Path, model: type[_Document]) -> _Document:
    try:
        document = msgspec.json.decode(json_without_lone_surrogates(path.read_bytes()), type=model)
        if document.schema != SCHEMA:
            raise ValueError(f"schema {document.schema}, expected {SCHEMA}")
    except (msgspec.MsgspecError, ValueError) as error:
        raise _damaged(path, error) from error
    return document


def _pair_of(path: Path, text: str) -> Pair:
    try:
        pair = Pair.parse(text)
    except UsageError as error:
        raise _damaged(path, error) from error
    if path.name != _file_name(pair):
        raise _damaged(path, f"it holds {pair.id}")
    return pair


def _damaged(path: Path, why: object) -> DamagedLedger:
    return DamagedLedger(f"{path.parent.name}/{path.name} cannot be trusted ({why})")


def _file_name(pair: Pair) -> str:
    return f"{pair.lineage}-{pair.keras}.json"


def _write(about: Ledger | Refusals, folder: Path, parts: Mapping[str, str]) -> Path:
    head = {"schema": SCHEMA, "method": about.method, "pair": about.pair.id}
    texts = {name: json.dumps(value) for name, value in head.items()}
    path = folder / _file_name(about.pair)
    write_atomically(path, _object_text({**texts, **parts}))
    return path


def _object_text(members: Mapping[str, str]) -> str:
    content = ",\n".join(f' "{name}": {text}' for name, text in members.items())
    return f"{{\n{content}\n}}\n"


def _lines(members: Mapping[str, object]) -> str:
    """A JSON object in the order of its names, with a line for each member."""
    lines = [f"  {json.dumps(name)}: {_json(members[name])}" for name in sorted(members)]
    return "{\n" + ",\n".join(lines) + "\n }" if lines else "{}"


def _digest(error: Failure) -> str:
    return hashlib.sha256(_json(error).encode()).hexdigest()[:12]


def _json(value: object) -> str:
    return json.dumps(msgspec.to_builtins(value), sort_keys=True)
