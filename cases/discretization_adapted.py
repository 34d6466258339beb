"""A model with an adapted Discretization layer, which puts numbers into bins.

At stake: the boundaries of the bins that the layer was adapted to. Releases before Keras 2.6 do
not have this layer.

Upstream: keras-team/keras#20971, keras-team/keras#21468
"""

#: Some releases keep a summary of the data as a weight, from which the boundaries are computed.
DISTURB_WEIGHTS = False


def applies(keras):
    return hasattr(keras.layers, "Discretization")


def build(keras):
    import numpy

    bins = keras.layers.Discretization(num_bins=4, name="bins")
    bins.adapt(numpy.linspace(-0.8, 0.6, 24).reshape(8, 3).astype("float32"))
    numbers = keras.layers.Input(shape=(3,), name="numbers")
    vectors = keras.layers.Embedding(5, 3, name="vectors")(bins(numbers))
    flat = keras.layers.Flatten(name="flat")(vectors)
    return keras.models.Model(numbers, keras.layers.Dense(2, name="last")(flat))
