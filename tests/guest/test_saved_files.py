"""What is kept of a cell for other releases to read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from roundtrip.cells import CaseRun
from roundtrip.formats import JSONConfig
from roundtrip.saved_files import pack, read, unpack

from tests.guest.fake_keras import fake_keras
from tests.guest.test_cells import case_of


def test_nested_arrays_come_back() -> None:
    nested = {"b": [np.ones(2), np.zeros(3)], "a": np.array(["text"])}
    arrays: list[np.ndarray] = []
    again = unpack(json.loads(json.dumps(pack(nested, arrays))), arrays)
    assert again.keys() == nested.keys()
    assert [array.tolist() for array in again["b"]] == [[1, 1], [0, 0, 0]]
    assert again["a"].tolist() == ["text"]


def test_a_cell_keeps_its_file_and_what_a_reader_must_find(tmp_path: Path) -> None:
    keras, case = fake_keras(), case_of()
    folder = tmp_path / "kept"
    cell = {"format": "json", "limit": 5, "patience": 20, "keep": str(folder)}
    assert CaseRun(keras, case).run(cell, lambda: None)["outcome"] == "pass"
    assert sorted(path.name for path in folder.iterdir()) == [
        "arrays.npz", "config.json", "weights.npz", "written.json",
    ]  # fmt: skip
    written = read(str(folder))
    text, weights = JSONConfig(keras, case, str(tmp_path)).restore(str(folder))
    loaded = JSONConfig(keras, case, str(tmp_path)).load((text, weights))
    assert np.allclose(loaded.predict_on_batch(written["inputs"]), written["outputs"])
    assert written["structure"] == {"weights": 1, "trainable": 1, "calls": {}, "shared": []}


def test_what_is_only_in_memory_is_not_kept(tmp_path: Path) -> None:
    cell = {"format": "clone", "limit": 5, "patience": 20, "keep": str(tmp_path / "kept")}
    assert CaseRun(fake_keras(), case_of()).run(cell, lambda: None)["outcome"] == "pass"
    assert not (tmp_path / "kept").exists()
