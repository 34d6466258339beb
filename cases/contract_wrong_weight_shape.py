"""Contract: a weights file in which one kernel does not have the shape that the model expects.

A release should raise an exception that names the layer and both shapes.
"""

FORMATS = ("weights",)
MUST_REFUSE = ("weights",)


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    first = keras.layers.Dense(4, name="first")
    return keras.models.Model(inputs, keras.layers.Dense(4, name="second")(first(inputs)))


def damage_file(path):
    """Replace the first kernel with one of a different shape."""
    import h5py

    with h5py.File(path, "r+") as file:
        names = []
        file.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
        )
        name = min(name for name in names if file[name].ndim == 2)
        del file[name]
        file[name] = [[0.0, 1.0, 2.0]]
