"""Generates inputs for a model, the same for every release, and packs its outputs as JSON."""

import base64
import json

from roundtrip.comparison import first_not_finite

BATCH = 2
#: Integers are less than this if no other bound is known.
INTEGER_BELOW = 8
#: How many values of all outputs together are reported, and how many an input may have.
MOST_VALUES = 200000
MOST_INPUT_VALUES = 50000000
#: What texts are made of if no words are known that the model looks up.
WORDS = ["one", "two", "three", "four", "five"]


def inputs_of(model):
    """The inputs of a loaded model, in the form of ``inputs`` in the work; None if not known."""
    try:
        tensors = keyed_inputs_of(model).values() or model.inputs
        return [spec_from(tensor) for tensor in tensors] or None
    except Exception:
        return None


def keyed_inputs_of(model):
    """The inputs of a model that takes a dict of them, by key; empty for any other model."""
    try:
        inputs = model.input
    except Exception:  # a subclassed model has none, or one that is not built
        return {}
    return inputs if isinstance(inputs, dict) else {}


def spec_from(tensor):
    shape = tensor.shape
    shape = shape.as_list() if hasattr(shape, "as_list") else list(shape)
    lengths = [getattr(length, "value", length) for length in shape]
    lengths = [None if length is None else int(length) for length in lengths]
    dtype = str(getattr(tensor.dtype, "name", tensor.dtype))
    return {"shape": lengths[1:], "batch": lengths[0], "dtype": dtype, "below": None}


def array_for(spec, free):
    """An array for an input, from a seeded generator, so that it is the same for every release.

    ``free`` is the length of each dimension that may have any length.

    Raises:
        ValueError: the array would be too large.
    """
    import numpy

    numbers = numpy.random.RandomState(3)
    shape = [free if length is None else length for length in spec["shape"]]
    size = 1
    for length in shape:
        size *= length
    batch = spec.get("batch") or (BATCH if size * BATCH <= MOST_INPUT_VALUES else 1)
    if size * batch > MOST_INPUT_VALUES:
        raise ValueError("an input of %d values is too large to be tried" % (size * batch))
    shape = [batch] + shape
    dtype = spec["dtype"]
    if dtype == "string":
        words = numpy.array(list(spec.get("words") or WORDS))
        return words[numbers.randint(0, len(words), shape)].astype(object)
    if dtype == "bool":
        return numbers.randint(0, 2, shape).astype(bool)
    if spec.get("below") or "int" in dtype:
        below = min(spec.get("below") or INTEGER_BELOW, 127)
        values = numbers.randint(0, below, shape)
    else:
        values = numbers.uniform(-1, 1, shape)
    return values.astype("float32" if dtype == "bfloat16" else dtype)


def packed(outputs):
    """Outputs as JSON; of large ones, only every ``step``-th value."""
    position = first_not_finite(outputs)
    total = sum(array.size for array in outputs)
    step = max(1, -(-total // MOST_VALUES))
    told = []
    for array in outputs:
        if array.dtype.kind == "U":
            data = json.dumps(array.ravel()[::step].tolist()).encode()
            dtype = "text"
        else:
            dtype = array.dtype.newbyteorder("<").str
            data = array.ravel()[::step].astype(dtype).tobytes()
        told.append(
            {
                "dtype": dtype,
                "shape": list(array.shape),
                "step": step,
                "data": base64.b64encode(data).decode(),
            }
        )
    return {"outputs": told, "finite": position is None}
