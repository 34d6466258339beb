"""One adapted Normalization layer called on two inputs.

Shared: the layer ``normal`` with the mean and variance that it was adapted to, from which it
derives the values it computes with. Releases before Keras 2.6 do not have this layer.

Upstream: keras-team/keras#20147, keras-team/keras#20168
"""

FORMATS = ("keras", "h5", "json", "clone", "savedmodel", "export")
#: The adapted values already differ from the defaults, so a loss of them cannot go unnoticed.
DISTURB_WEIGHTS = False


def applies(keras):
    return hasattr(keras.layers, "Normalization")


def build(keras):
    import numpy

    normal = keras.layers.Normalization(name="normal")
    normal.adapt(numpy.array([[0.0, 1.0, 2.0], [4.0, 3.0, 8.0]], "float32"))
    left = keras.layers.Input(shape=(3,), name="left")
    right = keras.layers.Input(shape=(3,), name="right")
    scaled = keras.layers.Dense(3, name="scaled")(normal(right))
    return keras.models.Model(
        [left, right], keras.layers.Subtract(name="difference")([normal(left), scaled])
    )
