"""Operators and a slice on tensors between two calls of one Dense layer.

Shared: the layer ``shared``. Each operator is a layer that Keras makes itself, with the number or
the tensor beside it as an argument.

Upstream: tensorflow/tensorflow#51793
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    first = shared(inputs)
    second = shared(2.0 - first * 0.5)
    return keras.models.Model(inputs, (second - first)[:, 1:3])
