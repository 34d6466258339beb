"""The arrays that a person gives."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from harness.userfile.attempts import difference
from harness.userfile.facts import Input
from harness.userfile.given_arrays import arrays_in, given_outputs, names_in_order
from harness.util.errors import UsageError
from tests.userfile.attempts import output

PATH = Path("inputs.npz")


def test_what_holds_no_arrays_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "inputs.npz"

    def refusal() -> str:
        with pytest.raises(UsageError) as error:
            arrays_in(path)
        words = str(error.value)
        assert words.startswith("inputs.npz is no .npz file with arrays of numbers or texts: ")
        return words.partition(": ")[2]

    path.write_text("import numpy")
    assert "zip archives" in refusal()
    with path.open("wb") as file:
        np.save(file, np.zeros(2))
    assert "zip archives" in refusal()
    np.savez(path)
    assert refusal() == "it holds none"
    np.savez(path, np.array([{}], object))
    assert refusal().startswith("Object arrays cannot be loaded")
    np.savez(path, np.zeros(2, complex))
    assert refusal() == "arr_0 has the type complex128"
    np.savez(path, np.zeros((0, 4)))
    assert refusal() == "arr_0 has no values"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    assert refusal() == "config.json is no array"


def test_arrays_are_matched_with_the_inputs_by_name() -> None:
    inputs = [Input("a", (4,)), Input("b", (4,))]
    named = {"b": np.zeros(1), "a": np.zeros(1)}
    assert names_in_order(PATH, named, inputs) == ("a", "b")
    assert names_in_order(PATH, named, []) == ("b", "a")
    assert names_in_order(PATH, {"x": np.zeros(1), "a": np.zeros(1)}, inputs) == ("x", "a")


def test_the_number_of_arrays_is_that_of_the_inputs() -> None:
    inputs = [Input("a", (4,)), Input("b\n", (4,))]
    with pytest.raises(UsageError, match="holds 1 array, and the model takes 2 inputs: a, b"):
        names_in_order(PATH, {"a": np.zeros(1)}, inputs)


def test_outputs_that_are_a_dict_are_matched_by_their_keys(tmp_path: Path) -> None:
    np.savez(tmp_path / "outputs.npz", q=np.array([1.0]), p=np.array([2.0, 3.0]))

    def shapes(*keys: str) -> list[tuple[int, ...]]:
        return [each.shape for each in given_outputs(tmp_path / "outputs.npz", keys).outputs or ()]

    assert shapes("q", "p") == [(2,), (1,)]
    assert shapes() == [(1,), (2,)]


def test_given_outputs_are_compared_like_those_of_a_release(tmp_path: Path) -> None:
    np.savez(tmp_path / "outputs.npz", np.array([1.0, 2.0]))
    given = given_outputs(tmp_path / "outputs.npz")
    assert given.finite and given.outputs is not None
    assert difference(given.outputs, (output(1.0, 2.0),)) == ""
    np.savez(tmp_path / "outputs.npz", np.array([1.0, np.nan]))
    assert not given_outputs(tmp_path / "outputs.npz").finite
