"""The session ``merge``, on results that real runs left."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.results import store
from harness.results.model import Cell, CellKey
from harness.util.errors import ExitCode
from harness.util.paths import RESULTS
from tests.conftest import Checkout

ONE = RESULTS / "keras-3.6.0_tensorflow-2.17.0_py3.11.json"
TWO = RESULTS / "keras-3.7.0_tensorflow-2.18.0_py3.11.json"
KEY = ("interleaved_dense", "keras")


@pytest.fixture
def empty(checkout: Checkout) -> Checkout:
    """The checkout without results."""
    shutil.rmtree(checkout.results, ignore_errors=True)
    return checkout


def texts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def write(cells: Mapping[CellKey, Cell], folder: Path) -> None:
    store.write(replace(store.read(ONE), cells=dict(cells)), folder)


def test_shards_of_cells_and_pairs_become_one_and_stay_so(empty: Checkout, tmp_path: Path) -> None:
    cells = store.read(ONE).cells
    keys = sorted(cells)
    write({key: cells[key] for key in keys[::2]}, empty.results)
    write({key: cells[key] for key in keys[1::2]}, tmp_path / "a")
    other_checkout = tmp_path / "b" / "reports" / "results"
    other_checkout.mkdir(parents=True)
    shutil.copy(TWO, other_checkout)
    folders = [str(tmp_path / "a"), str(tmp_path / "b")]
    code, output = empty.nox("merge", *folders)
    assert code == ExitCode.KNOWN, output
    assert "2 pairs in 2 folders; 2 changed here" in output
    whole = {path.name: path.read_bytes() for path in (ONE, TWO)}
    assert texts(empty.results) == whole
    times = {path: path.stat().st_mtime_ns for path in empty.results.iterdir()}
    code, output = empty.nox("merge", *folders)
    assert (code, "0 changed here" in output) == (ExitCode.KNOWN, True)
    assert texts(empty.results) == whole
    assert {path: path.stat().st_mtime_ns for path in empty.results.iterdir()} == times


def test_a_contradiction_refuses_all_of_it_and_is_named(empty: Checkout, tmp_path: Path) -> None:
    cells = store.read(ONE).cells
    write(cells, empty.results)
    before = texts(empty.results)
    write({**cells, KEY: replace(cells[KEY], outcome="pass", error=None)}, tmp_path)
    shutil.copy(TWO, tmp_path)
    code, output = empty.nox("merge", str(tmp_path))
    assert code == ExitCode.UNKNOWN
    told = " ".join(output.split())
    assert (
        f"{ONE.stem} interleaved_dense keras: load-error ValueError in "
        f"{empty.results / ONE.name}, pass in {tmp_path / ONE.name}"
    ) in told
    assert "nothing is merged" in output
    assert texts(empty.results) == before


def test_a_damaged_file_refuses_all_of_it_and_is_named(empty: Checkout, tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path)
    (tmp_path / TWO.name).write_bytes(TWO.read_bytes()[:5000])
    code, output = empty.nox("merge", str(tmp_path))
    assert code == ExitCode.UNKNOWN
    assert f"{tmp_path}: {TWO.name} cannot be trusted" in " ".join(output.split())
    assert not empty.results.exists()


def test_a_folder_without_results_is_refused(empty: Checkout, tmp_path: Path) -> None:
    code, output = empty.nox("merge", str(tmp_path))
    assert (code, "holds no result files" in output) == (ExitCode.USAGE, True)
