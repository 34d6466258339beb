"""The files that a new release writes: which of them other releases refuse.

What they refuse although they read the same file of the baseline is reported, but is no regression:
nobody has promised that an older release reads the files of a newer one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.exchange.ledger.compare import UnacceptedKeys
from harness.exchange.likeness import innermost
from harness.exchange.readings import behaviour_of
from harness.releases.pair import Pair
from harness.results.model import Cell, CellKey
from harness.results.signatures import Signature
from harness.watch.readings import is_read


class Refusal(NamedTuple):
    """Files that a reader does not read as it should, for one reason.

    The signature is cut down to the innermost exception. ``files`` are cases and formats.
    ``ledger`` are the keys that explain the refusal, from the ledgers of both releases; none where
    the ledgers are not known or do not explain it.
    """

    signature: Signature
    files: tuple[CellKey, ...]
    ledger: tuple[UnacceptedKeys, ...] = ()


@dataclass(frozen=True)
class ReaderOfNewFiles:
    """How another release reads the files that a new release writes and reads itself.

    It reads ``read`` of ``files`` as it should; of the baseline's files of the same cases and
    formats, ``read_before`` of ``files_before``. Files that should be refused are left out.
    ``refusals`` are those that are new: it reads the baseline's file of the same case and format.
    """

    reader: Pair
    files: int
    read: int
    files_before: int
    read_before: int
    refusals: tuple[Refusal, ...] = ()


def read_by_other(
    reader: Pair,
    cells: Mapping[CellKey, Cell],
    new_files: Mapping[CellKey, CellKey],
    old_files: Mapping[CellKey, CellKey],
    unaccepted: Sequence[UnacceptedKeys] = (),
    to_refuse: Collection[CellKey] = (),
) -> ReaderOfNewFiles | None:
    """How a reader reads the files of a new release, compared with those of the baseline.

    The files are those that their writer reads itself, by case and format, each with the key of the
    cell in which it is read. ``unaccepted`` are the config keys that the new release writes and the
    reader does not accept. ``to_refuse`` are the cases and formats whose files should be refused.
    None if the reader has read no other file of the new release.
    """
    now, before = (_read(cells, files, to_refuse) for files in (new_files, old_files))
    if not now:
        return None
    news = [key for key, cell in now.items() if not is_read(cell) and _was_read(before.get(key))]
    return ReaderOfNewFiles(
        reader,
        len(now),
        sum(map(is_read, now.values())),
        len(before),
        sum(map(is_read, before.values())),
        tuple(_refusals(news, now, unaccepted)),
    )


def _read(
    cells: Mapping[CellKey, Cell],
    files: Mapping[CellKey, CellKey],
    to_refuse: Collection[CellKey],
) -> dict[CellKey, Cell]:
    """The cells of a reader by case and format: of files to read, in formats that it has."""
    return {
        key: cell
        for key, file in sorted(files.items())
        if key not in to_refuse
        and (cell := cells.get(file)) is not None
        and cell.outcome != "unsupported"
    }


def _was_read(cell: Cell | None) -> bool:
    return cell is not None and is_read(cell)


def _refusals(
    keys: Iterable[CellKey], cells: Mapping[CellKey, Cell], unaccepted: Sequence[UnacceptedKeys]
) -> Iterator[Refusal]:
    """The refusals grouped by their innermost exceptions, the most frequent first."""
    groups: dict[Signature, list[CellKey]] = {}
    for key in keys:
        groups.setdefault(innermost(behaviour_of(cells[key])), []).append(key)
    for signature, files in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield Refusal(signature, tuple(files), tuple(_explaining(signature.message, unaccepted)))


def _explaining(message: str, unaccepted: Sequence[UnacceptedKeys]) -> Iterator[UnacceptedKeys]:
    """The entries of which the message names a key, as a whole word."""
    words = set(re.findall(r"\w+", message))
    for keys in unaccepted:
        if words.intersection(keys.names):
            yield keys
