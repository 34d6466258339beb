"""Contract: a weights file from which one kernel was removed.

What a release owes is an exception that says which layer lacks what; a model that loads with a
fresh kernel is the worst.
"""

FORMATS = ("weights",)


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    first = keras.layers.Dense(4, name="first")
    return keras.models.Model(inputs, keras.layers.Dense(4, name="second")(first(inputs)))


def damage_file(path):
    """Remove the first kernel."""
    import h5py

    with h5py.File(path, "r+") as file:
        names = []
        file.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
        )
        name = min(name for name in names if file[name].ndim == 2)
        del file[name]
