"""A model with two outputs that are two calls of one layer.

Shared: the layer ``head``, called on two branches of one input; the outputs must not change places.
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    head = keras.layers.Dense(2, name="head")
    one = keras.layers.Dense(4, activation="tanh", name="one")(inputs)
    other = keras.layers.Dense(4, activation="sigmoid", name="other")(inputs)
    return keras.models.Model(inputs, [head(one), head(other)])
