"""One Dense layer called twice, with operators and a slice applied to its results.

Shared: the layer ``shared``. Keras makes a layer of each operator, with the other operand, a number
or a tensor, as an argument.

Upstream: tensorflow/tensorflow#51793
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    first = shared(inputs)
    second = shared(2.0 - first * 0.5)
    return keras.models.Model(inputs, (second - first)[:, 1:3])
