"""What the ledgers foretell of saved files, held against what became of these files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import msgspec

from harness.exchange.change_groups import innermost
from harness.exchange.corpus import Corpus, WriterClass
from harness.exchange.data import Exchange
from harness.exchange.ledger import Ledger
from harness.exchange.ledger_compare import (
    Classes,
    ClassKey,
    keys_in,
    unaccepted_keys,
    written_keys,
)
from harness.exchange.saved_content import Unreadable, read_configs
from harness.releases.pair import Pair
from harness.results.model import CONTRACT_OUTCOMES
from harness.util.files import write_bytes_atomically

#: The formats with a config.
FORMATS = ("keras", "h5", "json")
#: The keys in the config of a file; None where they cannot be read.
KeysOf = Callable[[WriterClass], frozenset[ClassKey] | None]


class Verdict(StrEnum):
    """What became of a reading, and whether the ledgers foretold it."""

    FORESEEN = "refused because of a key that was foreseen"
    OTHER_REASON = "refused for another reason, although a key was foreseen"
    UNFORESEEN = "refused, and no key was foreseen"
    NOT_REFUSED = "read, although a key was foreseen"
    READ = "read, and no key was foreseen"


class JudgedReading(NamedTuple):
    """A reading with its verdict and the keys that the reader was foreseen not to accept."""

    exchange: Exchange
    verdict: Verdict
    keys: frozenset[ClassKey]

    @property
    def is_newer(self) -> bool:
        """Whether the file is newer than its reader."""
        return self.exchange.writer.keras > self.exchange.reader.keras


@dataclass(frozen=True)
class Predictions:
    """All readings of files whose writer and reader both have a ledger.

    Files that should be refused, and those that their own writers do not read, are left out.
    """

    judged: Sequence[JudgedReading] = field(default_factory=tuple)

    def counts(self, *, newer: bool) -> Mapping[Pair, Counter[Verdict]]:
        """How often each verdict was found, by reader, of files newer or not newer than it."""
        counts: dict[Pair, Counter[Verdict]] = {}
        for (reader, is_newer, verdict), count in self._counted.items():
            if is_newer == newer:
                counts.setdefault(reader, Counter())[verdict] = count
        return {reader: counts[reader] for reader in sorted(counts)}

    @cached_property
    def _counted(self) -> Counter[tuple[Pair, bool, Verdict]]:
        return Counter((one.exchange.reader, one.is_newer, one.verdict) for one in self.judged)

    def total(self, *, newer: bool) -> Counter[Verdict]:
        """How often each verdict was found, of files newer or not newer than their readers."""
        return sum(self.counts(newer=newer).values(), Counter())

    def reasons(self, verdict: Verdict, *, newer: bool) -> list[tuple[str, int]]:
        """The innermost exceptions of refusals of a verdict, the most frequent first."""
        return Counter(
            f"{one.exchange.signature.type}: {innermost(one.exchange.signature).message}"
            for one in self.judged
            if one.verdict is verdict and one.is_newer == newer
        ).most_common()

    def keys(self, verdict: Verdict, *, newer: bool) -> list[tuple[ClassKey, int]]:
        """The keys that were foreseen in readings of a verdict, the most frequent first."""
        return Counter(
            key
            for one in self.judged
            if one.verdict is verdict and one.is_newer == newer
            for key in sorted(one.keys)
        ).most_common()


def judge_predictions(
    found: Iterable[Exchange], ledgers: Iterable[Ledger], keys_of: KeysOf
) -> Predictions:
    """Hold the ledgers against readings; ``found`` are those of files that their writers read."""
    by_release = {ledger.pair.keras: ledger for ledger in ledgers}
    foreseen = _Foreseen()

    def judged() -> Iterator[JudgedReading]:
        for one in found:
            writer = by_release.get(one.writer.keras)
            reader = by_release.get(one.reader.keras)
            if writer is None or reader is None or not _counts(one):
                continue
            written = keys_of(one.entry)
            if written is not None:
                keys = foreseen.between(writer, reader) & written
                yield JudgedReading(one, _verdict(one, keys), keys)

    return Predictions(tuple(judged()))


def _counts(one: Exchange) -> bool:
    """Whether a reading can tell anything about the ledgers."""
    return one.entry.format in FORMATS and one.signature.outcome not in CONTRACT_OUTCOMES


def _verdict(one: Exchange, keys: frozenset[ClassKey]) -> Verdict:
    if one.signature.outcome != "load-error":
        return Verdict.NOT_REFUSED if keys else Verdict.READ
    if not keys:
        return Verdict.UNFORESEEN
    message = innermost(one.signature).message
    is_named = any(f"'{key}'" in message for _, key in keys)
    return Verdict.FORESEEN if is_named else Verdict.OTHER_REASON


class _Foreseen:
    """The keys that one release writes and another does not accept; equal ledgers count once."""

    def __init__(self) -> None:
        self._written: dict[str, frozenset[ClassKey]] = {}
        self._classes: dict[str, Classes] = {}
        self._known: dict[tuple[str, str], frozenset[ClassKey]] = {}

    def between(self, writer: Ledger, reader: Ledger) -> frozenset[ClassKey]:
        """The keys by class, with the kind of the class and without it, as files may lack it."""
        known = writer.digest, reader.digest
        if known not in self._known:
            if writer.digest not in self._written:
                self._written[writer.digest] = written_keys(writer)
            if reader.digest not in self._classes:
                self._classes[reader.digest] = Classes(reader)
            keys = unaccepted_keys(self._written[writer.digest], self._classes[reader.digest])
            without_kind = {(f".{owner.rpartition('.')[2]}", key) for owner, key in keys}
            self._known[known] = keys | without_kind
        return self._known[known]


def keys_of_files(corpus: Corpus) -> KeysOf:
    """The keys in the config of each file of a corpus.

    They are kept beside the unpacked corpus, whose folder is another one for each of its states.
    """
    path = corpus.folder.with_suffix(".keys.json")
    known: dict[str, list[ClassKey] | None] = {}
    if path.exists():
        with suppress(msgspec.MsgspecError):  # cut short: the keys are read again
            known = msgspec.json.decode(path.read_bytes(), type=dict[str, list[ClassKey] | None])
    with_config = [entry for entry in corpus.classes if entry.format in FORMATS]
    if any(entry.path not in known for entry in with_config):
        known = {entry.path: _read_keys(corpus, entry) for entry in with_config}
        write_bytes_atomically(path, msgspec.json.encode(known))
    sets = {name: None if keys is None else frozenset(keys) for name, keys in known.items()}
    return lambda entry: sets.get(entry.path)


def _read_keys(corpus: Corpus, entry: WriterClass) -> list[ClassKey] | None:
    if not corpus.is_intact(entry):
        return None
    try:
        configs = read_configs(corpus.folder_of(entry), entry.format)
    except Unreadable:
        return None
    return sorted(set(keys_in(configs)))
