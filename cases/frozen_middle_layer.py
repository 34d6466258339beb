"""A sub-model used twice whose middle layer is frozen, all its weights of one shape.

Shared: the model ``block``. Freezing moves a weight to the end of the list; a release that writes
in one order and reads in another swaps weights of equal shape and raises nothing.

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
