"""The arrays that a person gives: inputs for the model, and the outputs that it should compute."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np

from harness.userfile.attempts import MOST_VALUES, Output, Read
from harness.userfile.facts import Input
from harness.util.errors import UsageError
from harness.util.escaping import one_line, shortened
from harness.util.wording import counted

#: Characters of the names of inputs in a message.
LONGEST_NAMES = 200

Array = np.ndarray[Any, Any]


def arrays_in(path: Path) -> dict[str, Array]:
    """The arrays of a ``.npz`` file by name, in their order; nothing is unpickled.

    Raises:
        UsageError: it holds no arrays of numbers or texts.
    """
    try:
        arrays = _loaded(path)
        if not arrays:
            raise ValueError("it holds none")
        for name, array in arrays.items():
            _check(name, array)
    except (OSError, ValueError, EOFError, MemoryError, BadZipFile, zlib.error) as error:
        raise UsageError(
            f"{path.name} is no .npz file with arrays of numbers or texts: {error}"
        ) from error
    return arrays


def _loaded(path: Path) -> dict[str, Any]:
    if not is_zipfile(path):
        raise ValueError("numpy.savez writes such files, which are zip archives")
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _check(name: str, array: object) -> None:
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} is no array")
    if array.dtype.kind not in "biufU":
        raise ValueError(f"{name} has the type {array.dtype}")
    if not array.size:
        raise ValueError(f"{name} has no values")


def names_in_order(
    path: Path, arrays: Mapping[str, Array], inputs: Sequence[Input]
) -> tuple[str, ...]:
    """The names of arrays in the order in which a model takes them.

    Arrays that have the names of the inputs are matched by name; others stay in their order.
    ``inputs`` is empty if the inputs of the model are not known.

    Raises:
        UsageError: there are more arrays than inputs, or fewer.
    """
    names = tuple(each.name for each in inputs)
    if inputs and len(arrays) != len(inputs):
        told = shortened(one_line(", ".join(names)), LONGEST_NAMES)
        raise UsageError(
            f"{path.name} holds {counted(len(arrays), 'array')}, and the model takes "
            f"{counted(len(inputs), 'input')}: {told}"
        )
    return names if set(names) == set(arrays) else tuple(arrays)


def given_outputs(path: Path, keys: Sequence[str] = ()) -> Read:
    """The arrays of a person's own ``.npz`` file as if a release had computed them.

    Outputs that are a dict with these keys are compared in the order of the sorted keys.

    Raises:
        UsageError: it holds no arrays of numbers or texts.
    """
    named = arrays_in(path)
    arrays = [named[name] for name in (sorted(named) if set(named) == set(keys) else named)]
    step = max(1, -(-sum(array.size for array in arrays) // MOST_VALUES))
    is_finite = all(array.dtype.kind != "f" or np.isfinite(array).all() for array in arrays)
    return Read(
        "read", finite=is_finite, outputs=tuple(_as_output(array, step) for array in arrays)
    )


def _as_output(array: Array, step: int) -> Output:
    """Every ``step``-th value of an array, as the program reports outputs."""
    values = array.ravel()[::step]
    if array.dtype.kind == "U":
        dtype, content = "text", json.dumps(values.tolist()).encode()
    else:
        dtype = array.dtype.newbyteorder("<").str
        content = values.astype(dtype).tobytes()
    return Output(dtype, array.shape, step, base64.b64encode(content).decode())
