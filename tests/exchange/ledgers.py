"""Recorded ledgers: a dozen classes of two real releases, frozen, with what each refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.version import Version

from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.ledger import ClassEntry, Ledger, WrittenObject
from harness.exchange.ledger.store import StoredLedgers

FOLDER = Path(__file__).parents[1] / "data" / "ledger"
OLDER, NEWER = "3.12.4", "3.15.1"


def stored() -> StoredLedgers:
    """Everything that is recorded; new objects each time."""
    recorded = ledger_store.read_all(FOLDER)
    assert not recorded.damaged
    return recorded


def ledger_of(release: str) -> Ledger:
    """The recorded ledger of a release."""
    ledger = stored().ledger_of(Version(release))
    assert ledger is not None
    return ledger


def entry(name: str, serialized: dict[str, Any], *also_accepts: str) -> ClassEntry:
    """The entry of a class that writes this."""
    written = WrittenObject(name, serialized)
    return ClassEntry(written, written.key, frozenset(also_accepts))


def with_classes(ledger: Ledger, *entries: ClassEntry) -> Ledger:
    """The ledger with these classes added or replaced."""
    new = {each.written.name: each for each in entries}
    return replace(ledger, classes={**ledger.classes, **new})
