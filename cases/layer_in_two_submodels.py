"""One Dense layer used inside two sub-models of one model.

Shared: the layer ``shared``, which is part of ``one`` and of ``other``. A loader can easily make
two layers of it, whose weights stay equal until the next training step.

Upstream: keras-team/keras#9571
"""


def build(keras):
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    inputs = keras.layers.Input(shape=(4,), name="outer")
    results = []
    for name in ("one", "other"):
        inner = keras.layers.Input(shape=(4,), name="inner_" + name)
        own = keras.layers.Dense(4, name="own_" + name)(shared(inner))
        results.append(keras.models.Model(inner, own, name=name)(inputs))
    return keras.models.Model(inputs, keras.layers.Concatenate(name="joined")(results))
