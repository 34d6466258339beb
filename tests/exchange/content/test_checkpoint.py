"""The variables of checkpoints that real releases have written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.exchange.content.checkpoint import variables_of
from tests.exchange import graphs

DATA, INDEX = "variables.data-00000-of-00001", "variables.index"


def folder(kept: str) -> Path:
    return graphs.inside(graphs.first(kept)) / "variables"


def weights(kept: str) -> list[np.ndarray]:
    """What the writer has told of the weights: the arrays after inputs and outputs."""
    with np.load(graphs.first(kept) / "arrays.npz") as arrays:
        return [arrays[name] for name in ("arr_2", "arr_3")]


def test_the_variables_are_the_weights_of_the_writer() -> None:
    found = variables_of(folder(graphs.SAVED_MODEL))
    kernel, bias = weights(graphs.SAVED_MODEL)
    prefix = "layer_with_weights-0/{}/.ATTRIBUTES/VARIABLE_VALUE"
    assert found.keys() == {prefix.format("kernel"), prefix.format("bias")}
    for name, array in (("kernel", kernel), ("bias", bias)):
        variable = found[prefix.format(name)]
        assert (variable.dtype, variable.shape) == (1, array.shape)
        assert variable.content == array.tobytes()


def test_an_export_of_keras_3_holds_each_variable_twice() -> None:
    found = list(variables_of(folder(graphs.EXPORTED)).values())
    assert len(found) == 4
    assert len(set(found)) == 2


@pytest.mark.parametrize(("name", "length"), [(DATA, 60), (INDEX, 40), (INDEX, 0)])
def test_files_that_are_cut_short_are_damaged(name: str, length: int, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder(graphs.EXPORTED), tmp_path / "variables"))
    (copy / name).write_bytes((copy / name).read_bytes()[:length])
    with pytest.raises(ValueError, match=r"beyond the end|without an end"):
        variables_of(copy)
