"""Logical digests: which saved files are one file to every reader."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.exchange.content.canonical_config import canonical
from harness.exchange.content.logical_digest import logical_digest
from tests.exchange import graphs
from tests.exchange.saved import copied, saved_by


def digest(keras: str, format_name: str) -> str:
    return logical_digest(saved_by(keras, format_name).folder, format_name)


def test_weights_files_of_releases_that_write_alike_are_one_file() -> None:
    assert digest("3.6.0", "weights") == digest("3.9.0", "weights") == digest("3.15.1", "weights")


@pytest.mark.parametrize("format_name", ["keras", "h5", "json"])
def test_a_config_with_new_keys_is_another_file(format_name: str) -> None:
    """3.9 writes a module that 3.6 does not, and 3.15 writes `quantization_config`."""
    assert len({digest(keras, format_name) for keras in ("3.6.0", "3.9.0", "3.15.1")}) == 3


def rewritten(folder: Path, **members: bytes) -> Path:
    """The archive in a folder with new contents of members; ``__`` in a name stands for a dot."""
    path = folder / "model.keras"
    changed = {name.replace("__", "."): content for name, content in members.items()}
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**kept, **changed}.items():
            archive.writestr(name, content)
    return folder


def test_the_metadata_of_an_archive_do_not_count(tmp_path: Path) -> None:
    folder = rewritten(
        copied(saved_by("3.9.0", "keras"), tmp_path),
        metadata__json=b'{"keras_version": "3.9.2", "date_saved": "2026-01-01@00:00:00"}',
    )
    assert logical_digest(folder, "keras") == digest("3.9.0", "keras")


def test_the_config_of_an_archive_counts(tmp_path: Path) -> None:
    folder = copied(saved_by("3.9.0", "keras"), tmp_path)
    with zipfile.ZipFile(folder / "model.keras") as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1]["config"]["units"] = 5
    rewritten(folder, config__json=json.dumps(config).encode())
    assert logical_digest(folder, "keras") != digest("3.9.0", "keras")


def test_one_weight_counts(tmp_path: Path) -> None:
    folder = copied(saved_by("3.9.0", "json"), tmp_path)
    with np.load(folder / "weights.npz") as stored:
        arrays = [stored[name] for name in stored.files]
    arrays[0][0, 0] += 1
    np.savez(folder / "weights.npz", *arrays)
    assert logical_digest(folder, "json") != digest("3.9.0", "json")


def test_damaged_files_are_told_apart_by_their_bytes(tmp_path: Path) -> None:
    folder = copied(saved_by("3.9.0", "h5"), tmp_path)
    whole = (folder / "model.h5").read_bytes()
    digests = set()
    for length in (0, 100, 8000):
        (folder / "model.h5").write_bytes(whole[:length])
        digests.add(logical_digest(folder, "h5"))
    assert len(digests - {digest("3.9.0", "h5")}) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (["keras_tensor", "keras_tensor_1"], ["keras_tensor_7", "keras_tensor_8"]),
        ([{"shared_object_id": 3}] * 2, [{"shared_object_id": 9}] * 2),
        ({"keras_version": "2.13.1"}, {"keras_version": "2.15.0"}),
    ],
)
def test_what_no_loader_reads_does_not_count(one: Any, other: Any) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["keras_tensor", "keras_tensor"], ["keras_tensor", "keras_tensor_1"]),
        ([{"shared_object_id": 3}] * 2, [{"shared_object_id": 3}, {"shared_object_id": 4}]),
        ({"keras_version": "2.15.0"}, {"keras_version": "3.0.0"}),
        ({"name": "dense_1"}, {"name": "dense_2"}),
        ({"a": None}, {}),
    ],
)
def test_what_a_loader_may_read_counts(one: Any, other: Any) -> None:
    assert canonical(one) != canonical(other)


def test_the_name_of_the_format_counts() -> None:
    folder = saved_by("3.9.0", "h5").folder
    assert logical_digest(folder, "h5") != logical_digest(folder, "weights")


def test_the_recorded_archives_have_the_members_that_the_tests_are_about() -> None:
    with zipfile.ZipFile(saved_by("3.9.0", "keras").folder / "model.keras") as archive:
        assert sorted(archive.namelist()) == ["config.json", "metadata.json", "model.weights.h5"]


# ---------------------------------------------------------------- graphs


@pytest.mark.parametrize("kept", [graphs.EXPORTED, graphs.SAVED_MODEL])
def test_two_runs_of_a_writer_leave_one_graph(kept: str) -> None:
    name = Path(kept).name
    assert logical_digest(graphs.first(kept), name) == logical_digest(graphs.again(kept), name)


def test_graphs_with_other_operations_are_told_apart() -> None:
    older, newer = graphs.first(graphs.OLDER), graphs.first(graphs.NEWER)
    assert logical_digest(older, "export") != logical_digest(newer, "export")


@pytest.mark.parametrize("kept", [graphs.EXPORTED, graphs.SAVED_MODEL])
def test_one_variable_of_a_graph_counts(kept: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(graphs.first(kept), tmp_path / "copy"))
    path = graphs.inside(copy) / "variables" / "variables.data-00000-of-00001"
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    format_name = Path(kept).name
    assert logical_digest(copy, format_name) != logical_digest(graphs.first(kept), format_name)


def test_graphs_that_are_cut_short_are_told_apart_by_their_bytes(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(graphs.first(graphs.EXPORTED), tmp_path / "copy"))
    path = graphs.inside(copy) / "saved_model.pb"
    whole = path.read_bytes()
    digests = set()
    for length in (100, 5000, len(whole)):
        path.write_bytes(whole[:length])
        digests.add(logical_digest(copy, "export"))
    assert len(digests) == 3
