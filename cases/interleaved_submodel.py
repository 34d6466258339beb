"""The model of issue 20307 with the shared layer wrapped in a sub-model.

Shared: the model ``block``, called twice with another layer in between. Its calls wait for each
other just as the calls of the bare layer do.

Upstream: keras-team/keras#20307
"""


def build(keras):
    inner = keras.layers.Input(shape=(4,), name="inner")
    block = keras.models.Model(inner, keras.layers.Dense(4, name="shared")(inner), name="block")
    inputs = keras.layers.Input(shape=(4,), name="outer")
    between = keras.layers.Dense(4, activation="tanh", name="between")
    return keras.models.Model(inputs, block(between(block(inputs))))
