"""What the ledgers predict about saved files, checked against the readings of these files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product, starmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.exchange.content.saved_content import Unreadable, read_configs
from harness.exchange.corpus import Corpus, WriterClass
from harness.exchange.data import ExchangeData
from harness.exchange.kept_values import KeptValues
from harness.exchange.ledger.compare import (
    Classes,
    ClassKey,
    keys_in,
    unaccepted_keys,
    written_keys,
)
from harness.exchange.ledger.ledger import Ledger
from harness.exchange.likeness import innermost
from harness.releases.pair import Pair
from harness.results.signatures import Signature

#: The formats with a config.
FORMATS = ("keras", "h5", "json")
#: The outcomes that say whether a file was refused.
JUDGED = ("pass", "mismatch", "load-error")
#: The keys in the config of a file; None where they cannot be read.
KeysOf = Callable[[WriterClass], frozenset[ClassKey] | None]


class Verdict(StrEnum):
    """The result of a reading, and whether the ledgers predicted it."""

    FORESEEN = "refused because of a key that was foreseen"
    OTHER_REASON = "refused for another reason, although a key was foreseen"
    UNFORESEEN = "refused, and no key was foreseen"
    NOT_REFUSED = "read, although a key was foreseen"
    READ = "read, and no key was foreseen"


class JudgedReadings(NamedTuple):
    """Readings by one reader that are judged alike, and their number.

    ``keys`` are those that the reader should not accept, according to the ledgers. ``is_newer``
    says whether the files are newer than their reader.
    """

    reader: Pair
    is_newer: bool
    signature: Signature
    keys: frozenset[ClassKey]
    verdict: Verdict
    number: int


@dataclass(frozen=True)
class Predictions:
    """All readings of files whose writer and reader both have a ledger.

    Files that should be refused, those that their own writers do not read, and readings that hung
    or crashed are left out.
    """

    judged: Sequence[JudgedReadings] = field(default_factory=tuple)

    def counts(self, *, newer: bool) -> Mapping[Pair, Counter[Verdict]]:
        """How often each verdict was found, by reader, of files newer or not newer than it."""
        counts: dict[Pair, Counter[Verdict]] = {}
        for alike in self.judged:
            if alike.is_newer == newer:
                counts.setdefault(alike.reader, Counter())[alike.verdict] += alike.number
        return {reader: counts[reader] for reader in sorted(counts)}

    def total(self, *, newer: bool) -> Counter[Verdict]:
        """How often each verdict was found, of files newer or not newer than their readers."""
        return sum(self.counts(newer=newer).values(), Counter())

    def reasons(self, verdict: Verdict, *, newer: bool) -> list[tuple[str, int]]:
        """The innermost exceptions of refusals of a verdict, the most frequent first."""
        counts: Counter[str] = Counter()
        for alike in self._with(verdict, newer):
            message = innermost(alike.signature).message
            counts[f"{alike.signature.type}: {message}"] += alike.number
        return counts.most_common()

    def keys(self, verdict: Verdict, *, newer: bool) -> list[tuple[ClassKey, int]]:
        """The keys that were foreseen in readings of a verdict, the most frequent first."""
        counts: Counter[ClassKey] = Counter()
        for alike in self._with(verdict, newer):
            for key in sorted(alike.keys):
                counts[key] += alike.number
        return counts.most_common()

    def _with(self, verdict: Verdict, newer: bool) -> Iterator[JudgedReadings]:
        return (each for each in self.judged if (each.verdict, each.is_newer) == (verdict, newer))


def judge_predictions(
    data: ExchangeData, ledgers: Iterable[Ledger], keys_of: KeysOf
) -> Predictions:
    """Check the ledgers against the measured readings of files that their own writers read."""
    foreseen = _foreseen_keys(data.writers, data.readers, ledgers)
    written = _keys_of_configs(data.readings.files, keys_of)
    judged = []
    for reader, is_newer, refusable, config, behaviour, number in _counted(data, foreseen, written):
        signature = data.readings.behaviours[behaviour]
        if signature.outcome in JUDGED:
            keys = foreseen.sets[refusable] & written.sets[config]
            verdict = _verdict(signature, keys)
            judged.append(
                JudgedReadings(data.readers[reader], is_newer, signature, keys, verdict, number)
            )
    return Predictions(tuple(judged))


class _Numbered(NamedTuple):
    """Distinct sets of keys, and positions in them; -1 stands for no set."""

    sets: Sequence[frozenset[ClassKey]]
    places: npt.NDArray[np.int32]


def _numbered(found: Iterable[frozenset[ClassKey] | None]) -> _Numbered:
    known: dict[frozenset[ClassKey], int] = {}
    places = [-1 if keys is None else known.setdefault(keys, len(known)) for keys in found]
    return _Numbered(list(known), np.array(places, dtype=np.int32))


def _keys_of_configs(files: Iterable[WriterClass], keys_of: KeysOf) -> _Numbered:
    """The keys in the config of each file that has one."""
    return _numbered(keys_of(entry) if entry.format in FORMATS else None for entry in files)


def _foreseen_keys(
    writers: Sequence[Pair], readers: Sequence[Pair], ledgers: Iterable[Ledger]
) -> _Numbered:
    """The keys that each writer, by row, writes and each reader does not accept."""
    by_release = {(ledger.pair.lineage, ledger.pair.keras): ledger for ledger in ledgers}
    foreseen = _Foreseen(by_release.values())

    def keys_between(writer: Pair, reader: Pair) -> frozenset[ClassKey] | None:
        writing, reading = (by_release.get((pair.lineage, pair.keras)) for pair in (writer, reader))
        if writing is None or reading is None:
            return None
        return foreseen.between(writing, reading)

    found = _numbered(starmap(keys_between, product(writers, readers)))
    return found._replace(places=found.places.reshape(len(writers), len(readers)))


class _Foreseen:
    """The keys that one release writes and another does not accept."""

    def __init__(self, ledgers: Collection[Ledger]) -> None:
        self._written = {ledger.pair: written_keys(ledger) for ledger in ledgers}
        keys: frozenset[ClassKey] = frozenset().union(*self._written.values())
        self._unaccepted = {
            ledger.pair: unaccepted_keys(keys, Classes(ledger)) for ledger in ledgers
        }

    def between(self, writer: Ledger, reader: Ledger) -> frozenset[ClassKey]:
        """The keys by class, with and without the kind of the class, which files may lack."""
        keys = self._written[writer.pair] & self._unaccepted[reader.pair]
        return keys | {(f".{owner.rpartition('.')[2]}", key) for owner, key in keys}


def _counted(
    data: ExchangeData, foreseen: _Numbered, written: _Numbered
) -> Iterator[tuple[int, bool, int, int, int, int]]:
    """The readings of files with a config, counted.

    Yields the position of the reader, whether the files are newer than it, the positions of the
    set of keys that it should not accept and of the set in the files, the behaviour, and the number
    of readings that have all this in common.
    """
    is_newer = np.array(
        [[writer.keras > reader.keras for reader in data.readers] for writer in data.writers],
        dtype=bool,
    ).reshape(foreseen.places.shape)
    kinds = ["reader", "newer", "foreseen", "written", "behaviour"]
    for format_name in FORMATS:
        met = data.met_in(format_name)
        met = met[~met["inferred"] & ~met["must_refuse"]]
        met = met.assign(
            newer=is_newer[met["writer"], met["reader"]],
            foreseen=foreseen.places[met["writer"], met["reader"]],
            written=written.places[met["file"]],
        )
        met = met[(met["foreseen"] >= 0) & (met["written"] >= 0)]
        counts = met.value_counts(kinds, sort=False).reset_index()
        yield from zip(*(counts[name].tolist() for name in counts), strict=True)


def _verdict(signature: Signature, keys: frozenset[ClassKey]) -> Verdict:
    if signature.outcome != "load-error":
        return Verdict.NOT_REFUSED if keys else Verdict.READ
    if not keys:
        return Verdict.UNFORESEEN
    message = innermost(signature).message
    is_named = any(f"'{key}'" in message for _, key in keys)
    return Verdict.FORESEEN if is_named else Verdict.OTHER_REASON


def keys_of_files(corpus: Corpus) -> KeysOf:
    """The keys in the config of each file of a corpus, kept from one report to the next."""
    kept = KeptValues(corpus, "keys", dict[str, list[ClassKey] | None])
    for entry in corpus.classes:
        if entry.format in FORMATS and entry.path not in kept and corpus.is_intact(entry):
            kept[entry.path] = _read_keys(corpus.folder_of(entry), entry.format)
    kept.save()
    found = {entry.path: kept[entry.path] for entry in corpus.classes if entry.path in kept}
    sets = {path: None if keys is None else frozenset(keys) for path, keys in found.items()}
    return lambda entry: sets.get(entry.path)


def _read_keys(folder: Path, format_name: str) -> list[ClassKey] | None:
    try:
        return sorted(set(keys_in(read_configs(folder, format_name))))
    except Unreadable:
        return None
