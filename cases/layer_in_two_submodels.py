"""One Dense layer used inside two sub-models of one model.

Shared: the layer ``shared``, which is in ``one`` and in ``other``. Loading easily makes two layers
of it, with equal weights until the next step of training.

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
