"""How a new release reads the files of earlier ones, compared with its baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.releases.pair import Pair
from harness.results.model import Cell, CellKey
from harness.watch.comparison import Difference
from harness.watch.old_files import FileOrigin, compare_readings

WRITER = Pair.parse("keras-3.5.0_tensorflow-2.17.0_py3.11")
CORPUS = Path("corpus")
KEY: CellKey = ("dense_twice", "keras@0123456789ab")


def read(outcome: str, note: str = "") -> dict[CellKey, Cell]:
    """The cells of a reader of one file."""
    return {KEY: Cell(*KEY, outcome, "digest", note=note)}


def difference(old: dict[CellKey, Cell], new: dict[CellKey, Cell]) -> Difference | None:
    differences, compared = compare_readings(old, new, {KEY: FileOrigin(CORPUS, [WRITER])})
    assert compared == {KEY}
    return differences[0] if differences else None


@pytest.mark.parametrize(
    ("before", "after", "kind", "is_worse"),
    [
        (read("pass"), read("load-error"), ChangeKind.REGRESSION, True),
        (read("load-error"), read("mismatch"), ChangeKind.REGRESSION, True),
        (read("load-error"), read("pass"), ChangeKind.FIX, False),
        (read("pass"), read("pass", "warning: skipped"), ChangeKind.REGRESSION, True),
        (read("pass", "warning: skipped"), read("pass"), ChangeKind.FIX, False),
        (read("load-error"), read("pass", "warning: skipped"), ChangeKind.CHANGE, False),
        (read("pass", "warning: a"), read("pass", "warning: b"), ChangeKind.CHANGE, False),
        (read("pass"), read("unsupported"), ChangeKind.UNSUPPORTED, True),
    ],
)
def test_a_file_that_is_read_differently(
    before: dict[CellKey, Cell], after: dict[CellKey, Cell], kind: ChangeKind, is_worse: bool
) -> None:
    found = difference(before, after)
    assert found is not None
    assert (found.kind, found.is_worse) == (kind, is_worse)
    assert (found.writers, found.corpus) == ((WRITER,), CORPUS)
    assert found.file == ("dense_twice", "keras")


def test_a_file_that_is_read_alike_is_no_difference() -> None:
    assert difference(read("load-error"), read("load-error")) is None


def test_a_file_that_only_one_has_read_is_not_compared() -> None:
    assert compare_readings(read("pass"), {}, {KEY: FileOrigin(CORPUS, [WRITER])}) == (
        [],
        frozenset(),
    )
