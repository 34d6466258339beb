"""Keeps what a cell has saved, for other releases to read.

A kept folder holds the saved file, ``arrays.npz``, and ``written.json``, which says how the arrays
make up the inputs, the outputs and the weights of the model, and what its structure is.
"""

import json
import os
import shutil

from roundtrip.comparison import as_arrays


def keep(form, saved, subject, structure, keras, folder):
    """Fill a folder with what ``form.save`` returned, and all that is needed to check a reader."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    if not form.keep(saved, folder):
        shutil.rmtree(folder)
        return
    arrays = []
    written = {
        "keras": keras.__version__,
        "inputs": pack(subject.inputs, arrays),
        "outputs": pack(subject.outputs, arrays),
        "weights": pack(subject.model.get_weights(), arrays),
        "structure": structure,
    }
    import numpy

    numpy.savez(os.path.join(folder, "arrays.npz"), *arrays)
    with open(os.path.join(folder, "written.json"), "w") as file:
        json.dump(written, file, sort_keys=True)


def read(folder):
    """What the writer has told in a kept folder: keras, inputs, outputs, weights and structure."""
    import numpy

    with open(os.path.join(folder, "written.json")) as file:
        written = json.load(file)
    with numpy.load(os.path.join(folder, "arrays.npz"), allow_pickle=False) as stored:
        arrays = [stored["arr_%d" % index] for index in range(len(stored.files))]
    for name in ("inputs", "outputs", "weights"):
        written[name] = unpack(written[name], arrays)
    return written


def pack(value, arrays):
    """Append the arrays of nested values to a list; return the nesting, with their positions."""
    if isinstance(value, dict):
        return {"dict": {key: pack(value[key], arrays) for key in sorted(value)}}
    if isinstance(value, (list, tuple)):
        return {"list": [pack(item, arrays) for item in value]}
    arrays.extend(as_arrays(value))
    return len(arrays) - 1


def unpack(packed, arrays):
    """The nested values that `pack` has taken apart."""
    if isinstance(packed, int):
        return arrays[packed]
    if "dict" in packed:
        return {key: unpack(packed["dict"][key], arrays) for key in packed["dict"]}
    return [unpack(item, arrays) for item in packed["list"]]
