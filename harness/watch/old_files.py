"""The files that earlier releases have written: how a new release reads them, and its baseline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from harness.exchange.readings import behaviour_of, kind_of_reading
from harness.releases.pair import Pair
from harness.results.model import Cell, CellKey
from harness.watch.comparison import Difference


class FileOrigin(NamedTuple):
    """Where a file comes from: the folder of its corpus, and the writers that count.

    These are the writers that read the file as they should themselves, or are not known not to.
    """

    corpus: Path
    writers: list[Pair]


def compare_readings(
    old: Mapping[CellKey, Cell],
    new: Mapping[CellKey, Cell],
    files: Mapping[CellKey, FileOrigin],
) -> tuple[list[Difference], frozenset[CellKey]]:
    """Compare how the baseline and the new release read files.

    Returns the differences, and the keys of all files that both were asked to read.
    """
    differences, compared = [], set()
    for key, origin in files.items():
        if key not in old or key not in new:
            continue
        compared.add(key)
        before, after = behaviour_of(old[key]), behaviour_of(new[key])
        if before != after:
            kind = kind_of_reading(before, after)
            differences.append(
                Difference(
                    key, kind, before, after, writers=tuple(origin.writers), corpus=origin.corpus
                )
            )
    return differences, frozenset(compared)
