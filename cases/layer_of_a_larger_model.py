"""A small model built with a layer that already has calls in a larger model.

Shared: the layer ``shared``, called twice in the larger model before its only call in this one. The
node indices in the file must count the calls of this model alone.

Upstream: keras-team/keras#19304
"""


def build(keras):
    elsewhere = keras.layers.Input(shape=(4,), name="elsewhere")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    keras.models.Model(elsewhere, shared(shared(elsewhere)))
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    return keras.models.Model(inputs, keras.layers.Dense(2, name="last")(shared(inputs)))
