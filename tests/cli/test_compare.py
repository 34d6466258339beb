"""The command ``compare``, on recorded results."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.results import store
from harness.results.model import Cell
from harness.util.errors import ExitCode
from tests import recorded
from tests.cli.conftest import PAIR
from tests.conftest import Checkout

KEY = ("interleaved_dense", "keras")
CELLS = len(recorded.result(PAIR).cells)


def write_with(cell: Cell, folder: Path) -> None:
    """Store the recorded result of `PAIR` with another cell for `KEY`."""
    result = recorded.result(PAIR)
    store.write(replace(result, cells={**result.cells, KEY: cell}), folder)


@pytest.fixture
def stored(checkout: Checkout) -> Checkout:
    """A checkout that holds the recorded result of `PAIR`."""
    checkout.results.mkdir(parents=True)
    shutil.copy(recorded.path(PAIR), checkout.results)
    return checkout


def test_equal_results_are_equal(stored: Checkout) -> None:
    code, output = stored.nox("compare", str(recorded.FOLDER))
    assert code == ExitCode.KNOWN, output
    assert f"{CELLS} cells in both, 0 differences" in output


def test_a_cell_that_differs_is_named(stored: Checkout, tmp_path: Path) -> None:
    write_with(replace(recorded.result(PAIR).cells[KEY], outcome="mismatch"), tmp_path / "other")
    code, output = stored.harness("compare", str(tmp_path / "other"))
    assert code == ExitCode.UNKNOWN
    assert f"{CELLS} cells in both, 1 difference, each as stored here / in FOLDER:" in output
    assert f"{PAIR} interleaved_dense keras: pass / mismatch" in output


def test_cells_that_other_code_made_are_compared_only_on_request(
    stored: Checkout, tmp_path: Path
) -> None:
    cell = replace(recorded.result(PAIR).cells[KEY], outcome="mismatch", digest="of other code")
    write_with(cell, tmp_path / "other")
    code, output = stored.harness("compare", str(tmp_path / "other"))
    assert code == ExitCode.KNOWN, output
    assert f"{CELLS - 1} cells in both, 0 differences" in output
    assert "not compared: 1 cell that different code made; --any-code compares all" in output
    code, output = stored.harness("compare", str(tmp_path / "other"), "--any-code")
    assert code == ExitCode.UNKNOWN
    assert f"{CELLS} cells in both, 1 difference" in output
    assert "not compared" not in output


def test_the_folder_may_be_a_checkout(stored: Checkout, tmp_path: Path) -> None:
    shutil.copytree(stored.results, tmp_path / "other" / "reports" / "results")
    code, output = stored.harness("compare", str(tmp_path / "other"))
    assert code == ExitCode.KNOWN, output
    assert f"{CELLS} cells in both, 0 differences" in output


def test_a_damaged_file_and_nothing_to_compare_are_failures(
    stored: Checkout, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    code, output = stored.harness("compare", str(other))
    assert code == ExitCode.USAGE
    assert f"{other} holds no result files" in output
    shutil.copy(recorded.path("keras-3.6.0_tensorflow-2.17.0_py3.11"), other)
    code, output = stored.harness("compare", str(other))
    assert code == ExitCode.UNKNOWN
    assert "nothing to compare: the two runs have no cell in common" in output
    (other / f"{PAIR}.json").write_bytes(recorded.path(PAIR).read_bytes()[:1000])
    code, output = stored.harness("compare", str(other))
    assert code == ExitCode.UNKNOWN
    assert f"{other}: {PAIR}.json cannot be trusted" in output
