"""Configs in files, config and weights apart, and the smallest set of rewrites."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rewrites
import rewriting

from tests.userfile.files import DENSE, archive, model, saved

TARGET = rewrites.Target((3, 15), {"Dense": {"groups": [1]}})


class FakeLeaf:
    def __init__(self, name: str, *weights: float) -> None:
        self.name = name
        self.weights = [np.array(weight) for weight in weights]

    def get_weights(self) -> list[Any]:
        return self.weights

    def set_weights(self, weights: list[Any]) -> None:
        self.weights = weights


class FakeModel:
    def __init__(self, name: str, *layers: Any) -> None:
        self.name, self.layers = name, layers

    def to_json(self) -> str:
        return json.dumps({"class_name": "Fake", "config": {"name": self.name}})


def keras_that_makes(made: FakeModel) -> Any:
    return SimpleNamespace(
        models=SimpleNamespace(model_from_json=lambda text, custom_objects: made)
    )


def net(first: float, second: float, name: str = "inner/dense") -> FakeModel:
    shared = FakeLeaf(name, first)
    inner = FakeModel("inner", shared)
    return FakeModel("net", inner, inner, FakeLeaf("out", second, second))


def values(found: FakeModel) -> list[float]:
    return [float(array) for _, array in rewriting.weights_by_layer(found)]


@pytest.mark.parametrize("kind", ["keras", "json"])
def test_a_config_is_replaced_and_nothing_else(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model"
    if kind == "keras":
        archive(path, model(DENSE), more={"assets/words.txt": b"one"})
    else:
        path.write_bytes(saved("3.9.0", "json").read_bytes())
    config = rewriting.Config(str(path), kind)
    before = config.read()
    config.write({**before, "changed": True})
    assert config.read() == {**before, "changed": True}
    if kind == "keras":
        with zipfile.ZipFile(path) as file:
            assert file.read("assets/words.txt") == b"one"
            assert len(file.namelist()) == len(set(file.namelist())) == 4


def test_a_file_without_a_config_is_none_to_rewrite(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no config"):
        rewriting.Config(str(tmp_path / "x"), "weights").read()


def test_weights_find_their_layer_by_its_path_also_after_slashes_were_replaced(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "saved.zip")
    rewriting.save_parts(net(1.0, 2.0), path)
    other = net(0.0, 0.0, name="inner_dense")
    assert rewriting.load_parts(keras_that_makes(other), path, None) is other
    assert values(other) == [1.0, 2.0, 2.0]


def test_weights_that_no_layer_takes_are_not_lost_in_silence(tmp_path: Path) -> None:
    path = str(tmp_path / "saved.zip")
    rewriting.save_parts(net(1.0, 2.0), path)
    smaller = FakeModel("net", FakeLeaf("out", 0.0, 0.0))
    with pytest.raises(ValueError, match="no layer takes the weights inner"):
        rewriting.load_parts(keras_that_makes(smaller), path, None)


def test_a_layer_whose_weights_were_not_saved_is_an_error(tmp_path: Path) -> None:
    path = str(tmp_path / "saved.zip")
    rewriting.save_parts(FakeModel("net", FakeLeaf("out", 0.0, 0.0)), path)
    with pytest.raises(KeyError):
        rewriting.load_parts(keras_that_makes(net(1.0, 2.0)), path, None)


def test_what_cannot_be_saved_is_told_beside_what_can(tmp_path: Path) -> None:
    class Unsaved(FakeModel):
        def save(self, path: str) -> None:
            raise OSError("no such format")

    names = {"h5": "saved.h5", "parts": "saved.zip"}
    failed = rewriting.save(Unsaved("net"), names, str(tmp_path), "")
    assert list(failed) == ["h5"]
    assert (tmp_path / "saved.zip").exists()


def loader(*needed: str) -> tuple[Callable[[list[str]], Any], list[list[str]]]:
    """Loads with these rewrites at least; each attempt is noted."""
    attempts: list[list[str]] = []

    def load(names: list[str]) -> str:
        attempts.append(names)
        if not set(needed) <= set(names):
            raise ValueError(f"needs {needed}")
        return "model"

    return load, attempts


CONFIG = {
    "class_name": "Functional",
    "module": "keras.src.engine.functional",
    "config": {"layers": [{"class_name": "Dense", "config": {"groups": 1, "name": "a/b"}}]},
    "compile_config": {},
}


@pytest.mark.parametrize(
    "needed",
    [["move modules"], ["drop defaults", "move modules"], ["drop defaults", "replace slashes"]],
)
def test_no_rewrite_is_made_that_is_not_needed(needed: list[str]) -> None:
    load, attempts = loader(*needed)
    assert rewriting.smallest(load, CONFIG, TARGET) == ("model", needed)
    assert attempts[-1] == needed


def test_the_exception_with_all_rewrites_is_told() -> None:
    load, attempts = loader("a rewrite that there is not")
    with pytest.raises(ValueError, match="needs"):
        rewriting.smallest(load, CONFIG, TARGET)
    assert attempts[-1] == rewrites.applicable(CONFIG, TARGET)


def test_a_full_disk_is_no_reason_to_try_another_rewrite() -> None:
    def load(names: list[str]) -> Any:
        raise MemoryError

    with pytest.raises(MemoryError):
        rewriting.smallest(load, CONFIG, TARGET)
