"""A Sequential model whose first layer is an adapted Normalization layer.

At stake: the mean and variance that the layer was adapted to before the model existed. Releases
before Keras 2.6 do not have this layer.

Upstream: keras-team/keras#15348, keras-team/keras#17486
"""

#: The adapted values already differ from the defaults, so a loss of them cannot go unnoticed.
DISTURB_WEIGHTS = False


def applies(keras):
    return hasattr(keras.layers, "Normalization")


def inputs(numbers):
    return numbers.uniform(-1, 1, (4, 3)).astype("float32")


def build(keras):
    import numpy

    normal = keras.layers.Normalization(name="normal")
    normal.adapt(numpy.array([[0.0, 1.0, 2.0], [4.0, 3.0, 8.0]], "float32"))
    model = keras.models.Sequential([normal, keras.layers.Dense(2, name="last")], name="regression")
    model.build((None, 3))
    return model
