"""Contract: a weights file from which one kernel has been removed.

A release should raise an exception that names the layer and the missing weight. The worst outcome
is a model that loads with a freshly initialised kernel.
"""

FORMATS = ("weights",)
MUST_REFUSE = ("weights",)


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
