"""Change points of exchanges, along the readers of one file and along the writers for one reader.

Both are found in plain histories: how each reader read each saved file.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

from packaging.version import Version

from harness.analysis.change_kinds import ChangeKind
from harness.exchange.readings import kind_of_reading
from harness.releases.branches import ReleaseBranches
from harness.releases.catalogue import Catalogue
from harness.releases.pair import LINEAGES, Pair
from harness.results.signatures import Signature

#: The axis along which the two releases of a change point are neighbours.
Axis = Literal["reader", "writer"]
AXES: tuple[Axis, ...] = ("reader", "writer")


class FileKey(NamedTuple):
    """A saved file, by case, format and logical digest."""

    case: str
    format: str
    digest: str


#: How each reader read each file.
FileHistories = Mapping[FileKey, Mapping[Pair, Signature]]
#: The writers of each file.
Writers = Mapping[FileKey, Sequence[Pair]]
_Key = TypeVar("_Key", bound=Hashable)


class ChangePoint(NamedTuple):
    """One reading that differs between the neighbours ``start`` and ``end``.

    On the axis ``reader``, both have read the same file, and ``others`` are its writers. On the
    axis ``writer``, both have written a file of this case and format, and ``others`` holds the one
    reader of both. ``file_before`` and ``file_after`` are the digests of the files.
    """

    axis: Axis
    case: str
    format: str
    start: Pair
    end: Pair
    before: Signature
    after: Signature
    file_before: str
    file_after: str
    others: tuple[Pair, ...]

    @property
    def kind(self) -> ChangeKind:
        """What the change means to those who depend on it."""
        return kind_of_reading(self.before, self.after)


class Timeline:
    """Which pairs are neighbours on an axis, and which releases lie between two of them."""

    def __init__(self, catalogue: Catalogue, natural: Collection[Pair] = ()) -> None:
        """If several pairs have one Keras release, a pair in ``natural`` stands for it."""
        self._natural = frozenset(natural)
        self._branches = {
            lineage: ReleaseBranches(
                (release.version for release in catalogue.stable(lineage)), catalogue, lineage
            )
            for lineage in LINEAGES
        }
        self._neighbours: dict[frozenset[Pair], list[tuple[Pair, Pair]]] = {}

    def neighbours(self, pairs: Iterable[Pair]) -> list[tuple[Pair, Pair]]:
        """Each pair with the pair of its predecessor among ``pairs``, the predecessor first.

        Pre-releases and other releases that the catalogue does not list as stable are left out.
        """
        key = frozenset(pairs)
        if key not in self._neighbours:
            self._neighbours[key] = [
                step for lineage in LINEAGES for step in self._steps(key, lineage)
            ]
        return self._neighbours[key]

    def _steps(self, pairs: Iterable[Pair], lineage: str) -> Iterator[tuple[Pair, Pair]]:
        branches = self._branches[lineage]
        known = set(branches.versions)
        by_release: dict[Version, Pair] = {}
        for pair in sorted(pairs, key=lambda pair: (pair in self._natural, pair)):
            if pair.lineage == lineage and pair.keras in known and not pair.edits:
                by_release[pair.keras] = pair
        for release, predecessor in branches.with_predecessors(tuple(sorted(by_release))):
            if predecessor is not None:
                yield by_release[predecessor], by_release[release]

    def between(self, start: Pair, end: Pair) -> tuple[str, ...]:
        """The releases between two neighbours that ``end`` was developed from."""
        return tuple(
            str(release)
            for release in self._branches[end.lineage].ancestors(end.keras)
            if release > start.keras
        )


def reader_changes(
    readings: FileHistories, writers: Writers, timeline: Timeline
) -> Iterator[ChangePoint]:
    """The change points of each file, from one reader to the next."""
    for key, start, end, before, after in _differences(readings, timeline):
        yield ChangePoint(
            "reader", key.case, key.format, start, end, before, after, key.digest, key.digest,
            tuple(writers[key]),
        )  # fmt: skip


def writer_changes(
    readings: FileHistories, writers: Writers, timeline: Timeline
) -> Iterator[ChangePoint]:
    """The change points of each reader, case and format, from one writer to the next."""
    files = {(pair, key.case, key.format): key for key, pairs in writers.items() for pair in pairs}
    histories: dict[tuple[str, str, Pair], dict[Pair, Signature]] = {}
    for key, by_reader in readings.items():
        for reader, signature in by_reader.items():
            history = histories.setdefault((key.case, key.format, reader), {})
            history.update(dict.fromkeys(writers[key], signature))
    for (case, name, reader), start, end, before, after in _differences(histories, timeline):
        yield ChangePoint(
            "writer", case, name, start, end, before, after,
            files[start, case, name].digest, files[end, case, name].digest, (reader,),
        )  # fmt: skip


def _differences(
    histories: Mapping[_Key, Mapping[Pair, Signature]], timeline: Timeline
) -> Iterator[tuple[_Key, Pair, Pair, Signature, Signature]]:
    """Where neighbours in a history differ: the key, both pairs, and both signatures."""
    for key, history in histories.items():
        for start, end in timeline.neighbours(history):
            before, after = history[start], history[end]
            if before is not after and before != after:  # most are the same object
                yield key, start, end, before, after
