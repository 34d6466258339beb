"""One Add layer called twice with a tensor and a constant array.

Shared: the layer ``add`` and the constant, which has no layer that it comes from.

Upstream: keras-team/keras#16808
"""


def build(keras):
    import numpy

    inputs = keras.layers.Input(shape=(4,))
    constant = numpy.array([[0.5, -0.5, 1.0, -1.0]], "float32")
    add = keras.layers.Add(name="add")
    between = keras.layers.Dense(4, activation="tanh", name="between")
    return keras.models.Model(inputs, add([between(add([inputs, constant])), constant]))
