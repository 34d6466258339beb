"""A sub-model of three layers of equal shape, the middle one frozen, called twice.

Shared: the model ``block``. Freezing a layer moves its weights to the end of the list. A release
that writes the weights in one order and reads them in another swaps weights of equal shape and
raises nothing.

Upstream: keras-team/keras#9905, keras-team/keras#6607
"""


def build(keras):
    inner = keras.layers.Input(shape=(4,), name="inner")
    middle = keras.layers.Dense(4, activation="sigmoid", name="middle")
    hidden = middle(keras.layers.Dense(4, activation="tanh", name="first")(inner))
    block = keras.models.Model(inner, keras.layers.Dense(4, name="last")(hidden), name="block")
    middle.trainable = False
    inputs = keras.layers.Input(shape=(4,), name="outer")
    return keras.models.Model(inputs, block(block(inputs)))


def check(keras, model, loaded):
    for which in (model, loaded):
        layer = which.get_layer("block").get_layer("middle")
        assert not layer.trainable, "trainable: the frozen layer came back trainable"
