"""The inputs that are made for a model, and its outputs as JSON."""

from __future__ import annotations

import base64

import arrays
import numpy as np
import pytest

SPEC = {"shape": [2], "dtype": "float32", "batch": None, "below": None}


def test_integers_are_made_below_what_an_embedding_takes() -> None:
    array = arrays.array_for({**SPEC, "shape": [500], "below": 3}, 4)
    assert array.dtype == "float32"
    assert set(np.unique(array)) == {0.0, 1.0, 2.0}


@pytest.mark.parametrize("dtype", ["int32", "bool", "string", "bfloat16", "uint8"])
def test_inputs_of_each_type_are_made(dtype: str) -> None:
    array = arrays.array_for({**SPEC, "dtype": dtype}, 4)
    expected = {"string": "object", "bfloat16": "float32"}.get(dtype, dtype)
    assert str(array.dtype) == expected


def test_texts_are_made_of_the_words_that_a_model_looks_up() -> None:
    spec = {**SPEC, "shape": [50], "dtype": "string"}
    assert set(arrays.array_for({**spec, "words": ["cat", "dog"]}, 4).ravel()) == {"cat", "dog"}
    assert set(arrays.array_for({**spec, "words": []}, 4).ravel()) == set(arrays.WORDS)


def test_an_input_of_terabytes_is_not_made() -> None:
    with pytest.raises(ValueError, match="too large"):
        arrays.array_for({**SPEC, "shape": [1 << 20, 1 << 20]}, 4)


def test_of_large_outputs_every_so_many_values_are_told() -> None:
    (told,) = arrays.packed([np.arange(arrays.MOST_VALUES * 3)])["outputs"]
    assert told["step"] == 3
    assert len(base64.b64decode(told["data"])) == arrays.MOST_VALUES * 8
