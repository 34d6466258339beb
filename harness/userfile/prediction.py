"""Predicts from the ledgers which releases should refuse a file, and because of which keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.exchange.ledger.ledger import ClassEntry, Ledger
from harness.releases.pair import Pair
from harness.userfile.facts import FileFacts, Kind

#: Keys that are not in the ledgers, because loaders take them out of a config.
_TAKEN_BY_LOADERS = frozenset(("name", "layers", "input_layers", "output_layers", "build_config"))
#: Keys that loaders convert, or that a layer takes without any class naming them.
_CONVERTED = frozenset(("batch_input_shape", "dtype", "input_length", "input_dim", "trainable"))


@dataclass(frozen=True)
class _Conversion:
    """Keys that the loaders of some releases convert or drop, as seen with real files.

    ``name`` is a class, or a kind of classes with a dot. ``kinds`` are the kinds of files that it
    concerns; without any, it concerns all.
    """

    name: str
    keys: frozenset[str]
    releases: SpecifierSet
    kinds: tuple[Kind, ...] = ()

    def covers(self, name: str, key: str, kind: Kind, reader: Version) -> bool:
        """Whether a release converts this key of this class in a file of this kind."""
        is_read_so = reader in self.releases and (kind in self.kinds or not self.kinds)
        return is_read_so and name.startswith(self.name) and key in self.keys


_CONVERSIONS = (
    _Conversion("layers.LeakyReLU", frozenset(("alpha",)), SpecifierSet(">=3")),
    _Conversion(
        "layers.Lambda",
        frozenset(
            ("function_type", "module", "output_shape", "output_shape_module", "output_shape_type")
        ),
        SpecifierSet(">=3"),
        ("h5",),
    ),
    # a config without the mark of the new optimizers is read as that of an old one
    _Conversion(
        "optimizers.", frozenset(("decay", "lr", "schedule_decay")), SpecifierSet(">=2.11,<3")
    ),
)


@dataclass(frozen=True, order=True)
class Unaccepted:
    """A key of a class in the file that a release does not accept, with its value as JSON."""

    class_name: str
    key: str
    value: str

    def __str__(self) -> str:
        value = f"={self.value}" if self.value else ""
        return (
            f"{self.class_name.rpartition('.')[2]} does not accept {self.key} ({self.key}{value})"
        )

    @property
    def is_training(self) -> bool:
        """Whether it belongs to the training state, without which a file can be loaded."""
        return self.class_name.startswith(("losses.", "metrics.", "optimizers."))


def predict(
    facts: FileFacts, ledgers: Iterable[Ledger], writer: Version | None
) -> Mapping[Pair, tuple[Unaccepted, ...]]:
    """The keys in a file that each release does not accept; empty for one that accepts all.

    A key counts if the writer's own release accepts it in the class, or if the writer is unknown:
    one of the file's own classes can have the name of a built-in one.
    """
    known = list(ledgers)
    own = next((each for each in known if each.pair.keras == writer), None)
    return {
        each.pair: tuple(sorted(_unaccepted(facts, each, own)))
        for each in known
        if each.pair.keras != writer
    }


def _unaccepted(facts: FileFacts, reader: Ledger, own: Ledger | None) -> Iterable[Unaccepted]:
    for name, keys in facts.written.items():
        entries = _entries(reader, name)
        own_entries = _entries(own, name) if own else []
        for key, value in keys.items():
            if key in _TAKEN_BY_LOADERS or key in _CONVERTED:
                continue
            if any(each.covers(name, key, facts.kind, reader.pair.keras) for each in _CONVERSIONS):
                continue
            is_refused = entries and not any(entry.accepts(key) for entry in entries)
            is_built_in = own is None or any(entry.accepts(key) for entry in own_entries)
            if is_refused and is_built_in:
                yield Unaccepted(name, key, value)


def _entries(ledger: Ledger, name: str) -> list[ClassEntry]:
    """The classes of this name; those of all kinds if the name is without its kind."""
    if name in ledger.classes:
        return [ledger.classes[name]]
    kind, _, plain = name.rpartition(".")
    if kind:
        return []
    return [entry for other, entry in ledger.classes.items() if other.partition(".")[2] == plain]


def by_reason(
    predicted: Mapping[Pair, tuple[Unaccepted, ...]],
) -> dict[tuple[Unaccepted, ...], list[Pair]]:
    """The releases that should refuse the file, by what they do not accept."""
    reasons: dict[tuple[Unaccepted, ...], list[Pair]] = defaultdict(list)
    for pair in sorted(predicted):
        if predicted[pair]:
            reasons[predicted[pair]].append(pair)
    return dict(reasons)
