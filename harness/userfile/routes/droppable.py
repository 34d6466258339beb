"""Config keys that may be dropped: a release does not accept them, and they hold defaults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from packaging.version import Version

from harness.exchange.ledger.ledger import ClassEntry, Ledger
from harness.releases.pair import Pair

#: Default values, by the name of a class without its kind and by key.
Defaults = dict[str, dict[str, list[Any]]]


def droppable_for(target: Pair, writer: Version | None, ledgers: Sequence[Ledger]) -> Defaults:
    """The defaults of a writer's classes that the wanted release does not accept.

    The defaults are those in the ledger of the writer's own release, or else in all ledgers of its
    major version. If the wanted release has no ledger, that of the nearest one is taken. Either may
    be wrong, which the outputs of the rewritten file will show.
    """
    reader = _nearest(target.keras, ledgers)
    if reader is None:
        return {}
    accepted = _by_plain_name([reader])
    found: Defaults = defaultdict(dict)
    for name, entries in _by_plain_name(_of_writer(writer, ledgers)).items():
        readers = accepted.get(name, [])
        for entry in entries:
            for key, value in entry.written.config.items():
                if readers and not any(each.accepts(key) for each in readers):
                    values = found[name].setdefault(key, [])
                    if value not in values:
                        values.append(value)
    return dict(found)


def _nearest(version: Version, ledgers: Iterable[Ledger]) -> Ledger | None:
    """The ledger of a release, or of the newest one before it, or of the oldest."""
    order = sorted(ledgers, key=lambda each: each.pair.keras)
    older = [each for each in order if each.pair.keras <= version]
    return next(iter([*older[-1:], *order[:1]]), None)


def _of_writer(writer: Version | None, ledgers: Sequence[Ledger]) -> list[Ledger]:
    own = [each for each in ledgers if each.pair.keras == writer]
    major = [each for each in ledgers if writer and each.pair.keras.major == writer.major]
    return own or major or list(ledgers)


def _by_plain_name(ledgers: Iterable[Ledger]) -> dict[str, list[ClassEntry]]:
    """The classes of ledgers by their names without the kind."""
    found: dict[str, list[ClassEntry]] = defaultdict(list)
    for ledger in ledgers:
        for name, entry in ledger.classes.items():
            found[name.partition(".")[2]].append(entry)
    return found
