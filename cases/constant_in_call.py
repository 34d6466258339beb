"""One Add layer called twice, each time with a tensor and a constant array.

Shared: the layer ``add`` and the constant, which is not the output of any layer.

Upstream: keras-team/keras#16808
"""


def build(keras):
    import numpy

    inputs = keras.layers.Input(shape=(4,))
    constant = numpy.array([[0.5, -0.5, 1.0, -1.0]], "float32")
    add = keras.layers.Add(name="add")
    twice = add([add([inputs, constant]), constant])
    return keras.models.Model(inputs, keras.layers.Dense(4, name="last")(twice))
