"""One functional sub-model called on two inputs.

Shared: the model ``tower`` with everything in it. Its layers must remain one set of weights.

Upstream: keras-team/keras#19326
"""


def build(keras):
    inner = keras.layers.Input(shape=(4,), name="inner")
    hidden = keras.layers.Dense(5, activation="tanh", name="hidden")(inner)
    tower = keras.models.Model(inner, keras.layers.Dense(3, name="code")(hidden), name="tower")
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    joined = keras.layers.Add(name="joined")([tower(left), tower(right)])
    return keras.models.Model([left, right], joined)
