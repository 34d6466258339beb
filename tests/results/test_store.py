"""The store of result files, on recorded ones."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.results import store
from harness.results.document import DamagedResult
from harness.results.model import Result
from tests import recorded

PATH = recorded.path("keras-3.6.0_tensorflow-2.17.0_py3.11")


def test_a_result_is_written_as_one_file_that_reads_back(tmp_path: Path) -> None:
    result = store.read(PATH)
    written = store.write(result, tmp_path)
    assert written == store.path_of(result.pair, tmp_path)
    assert list(tmp_path.iterdir()) == [written]
    assert store.read(written) == result


def test_writing_replaces_an_older_result(tmp_path: Path) -> None:
    result = store.read(PATH)
    store.write(result, tmp_path)
    newer = replace(result, outcome="import-error", reason="x", cells={})
    store.write(newer, tmp_path)
    assert store.read_pair(result.pair, tmp_path) == newer


def test_a_pair_without_a_file_is_none_or_empty(tmp_path: Path) -> None:
    pair = store.read(PATH).pair
    assert store.read_pair(pair, tmp_path) is None
    assert store.read_or_empty(pair, tmp_path) == Result(pair)


def test_a_damaged_file_raises_or_is_empty(tmp_path: Path) -> None:
    pair = store.read(PATH).pair
    store.path_of(pair, tmp_path).write_bytes(PATH.read_bytes()[:1000])
    with pytest.raises(DamagedResult, match=PATH.name):
        store.read_pair(pair, tmp_path)
    assert store.read_or_empty(pair, tmp_path) == Result(pair)


def test_all_results_are_read_in_the_order_of_their_pairs_and_damaged_ones_named(
    tmp_path: Path,
) -> None:
    for name in ("keras-3.10.0_tensorflow-2.19.0_py3.11", "keras-3.7.0_tensorflow-2.18.0_py3.11"):
        shutil.copy(recorded.path(name), tmp_path)
    (tmp_path / PATH.name).write_text("{")
    results, damaged = store.read_all(tmp_path)
    assert [str(result.pair.keras) for result in results] == ["3.7.0", "3.10.0"]
    assert [PATH.name in str(damage) for damage in damaged] == [True]


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_committed_results_are_those_of_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reports" / "results"
    monkeypatch.setattr(store, "ROOT", tmp_path)
    monkeypatch.setattr(store, "RESULTS", folder)
    git(tmp_path, "init")
    assert store.read_committed() == []
    committed = store.read(PATH)
    store.write(committed, folder)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "results")
    store.write(replace(committed, reason="run since"), folder)
    store.write(recorded.result("keras-3.7.0_tensorflow-2.18.0_py3.11"), folder)
    assert store.read_committed() == [committed]


def test_what_readers_found_is_stored_as_columns(tmp_path: Path) -> None:
    result = recorded.results()[0]
    folder = tmp_path / "exchange"
    path = store.write(result, folder)
    assert path.name == f"{result.pair.file_name}.parquet"
    assert store.read_pair(result.pair, folder) == result
    assert store.read_all(folder) == ([result], [])
