"""The command ``merge``, on recorded results."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.results import store
from harness.results.model import Cell, CellKey
from harness.util.errors import ExitCode
from tests import recorded
from tests.conftest import Checkout

FIRST = recorded.path("keras-3.6.0_tensorflow-2.17.0_py3.11")
SECOND = recorded.path("keras-3.7.0_tensorflow-2.18.0_py3.11")
KEY = ("interleaved_dense", "keras")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write_first(cells: Mapping[CellKey, Cell], folder: Path) -> None:
    """Store the first recorded result with other cells."""
    store.write(replace(store.read(FIRST), cells=dict(cells)), folder)


def test_shards_of_cells_and_pairs_become_whole_and_merging_again_changes_nothing(
    checkout: Checkout, tmp_path: Path
) -> None:
    cells = store.read(FIRST).cells
    keys = sorted(cells)
    write_first({key: cells[key] for key in keys[::2]}, checkout.results)
    write_first({key: cells[key] for key in keys[1::2]}, tmp_path / "folder")
    other_checkout = tmp_path / "other"
    (other_checkout / "reports" / "results").mkdir(parents=True)
    shutil.copy(SECOND, other_checkout / "reports" / "results")
    sources = [str(tmp_path / "folder"), str(other_checkout)]
    code, output = checkout.harness("merge", *sources)
    assert code == ExitCode.KNOWN, output
    assert "2 pairs in 2 folders; 2 changed here" in output
    whole = {path.name: path.read_bytes() for path in (FIRST, SECOND)}
    assert contents(checkout.results) == whole
    times = {path: path.stat().st_mtime_ns for path in checkout.results.iterdir()}
    code, output = checkout.harness("merge", *sources)
    assert code == ExitCode.KNOWN
    assert "0 changed here" in output
    assert contents(checkout.results) == whole
    assert {path: path.stat().st_mtime_ns for path in checkout.results.iterdir()} == times


def test_a_contradiction_is_named_and_the_rest_is_merged(
    checkout: Checkout, tmp_path: Path
) -> None:
    cells = store.read(FIRST).cells
    write_first(cells, checkout.results)
    before = contents(checkout.results)
    other = tmp_path / "other"
    write_first({**cells, KEY: replace(cells[KEY], outcome="pass", error=None)}, other)
    shutil.copy(SECOND, other)
    code, output = checkout.harness("merge", str(other))
    assert code == ExitCode.UNKNOWN
    assert (
        f"{FIRST.stem} interleaved_dense keras: load-error ValueError in "
        f"{checkout.results / FIRST.name}, pass in {other / FIRST.name}"
    ) in " ".join(output.split())
    assert "2 pairs in 1 folder; 1 changed here" in output
    assert contents(checkout.results) == {**before, SECOND.name: SECOND.read_bytes()}


def test_a_damaged_file_is_named_and_the_rest_is_merged(checkout: Checkout, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(FIRST, other)
    (other / SECOND.name).write_bytes(SECOND.read_bytes()[:1000])
    code, output = checkout.harness("merge", str(other))
    assert code == ExitCode.UNKNOWN
    assert f"{other}: {SECOND.name} cannot be trusted" in " ".join(output.split())
    assert contents(checkout.results) == {FIRST.name: FIRST.read_bytes()}


def test_a_stored_file_that_is_damaged_is_named_and_replaced(
    checkout: Checkout, tmp_path: Path
) -> None:
    checkout.results.mkdir(parents=True)
    (checkout.results / FIRST.name).write_bytes(FIRST.read_bytes()[:1000])
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(FIRST, other)
    code, output = checkout.harness("merge", str(other))
    assert code == ExitCode.UNKNOWN
    assert f"{checkout.results}: {FIRST.name} cannot be trusted" in " ".join(output.split())
    assert contents(checkout.results) == {FIRST.name: FIRST.read_bytes()}


def test_a_folder_without_results_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    code, output = checkout.harness("merge", str(tmp_path / "other"))
    assert code == ExitCode.USAGE
    assert "holds no result files" in output


def test_what_readers_found_is_merged_beside_it(checkout: Checkout, tmp_path: Path) -> None:
    reading = replace(store.read(FIRST), cells={})
    cell = Cell("interleaved_dense", "keras@" + "0" * 12, "pass", "0" * 16)
    other = tmp_path / "other" / "reports"
    store.write(replace(reading, cells={cell.key: cell}), other / "exchange")
    (other / "results").mkdir()
    shutil.copy(SECOND, other / "results")
    code, output = checkout.harness("merge", str(tmp_path / "other"))
    assert code == ExitCode.KNOWN, output
    assert "2 pairs in 1 folder; 2 changed here" in output
    merged, _ = store.read_all(checkout.results.parent / "exchange")
    assert [result.cells for result in merged] == [{cell.key: cell}]
    assert contents(checkout.results) == {SECOND.name: SECOND.read_bytes()}
