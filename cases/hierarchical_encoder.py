"""A convolution with BatchNormalization nested in two sub-models and called twice.

Shared: the model ``encoder`` inside ``branch``, which is called on two inputs. Weights that are
trained and weights that are not were written in another order than they were read.

Upstream: keras-team/keras#10608, keras-team/keras#10180
"""


def build(keras):
    series = keras.layers.Input(shape=(6, 2), name="series")
    filtered = keras.layers.Conv1D(3, 3, name="filter")(series)
    normal = keras.layers.BatchNormalization(name="normal")(filtered)
    encoder = keras.models.Model(series, normal, name="encoder")
    outer = keras.layers.Input(shape=(6, 2), name="branch_input")
    pooled = keras.layers.GlobalMaxPooling1D(name="pool")(encoder(outer))
    branch = keras.models.Model(outer, pooled, name="branch")
    left = keras.layers.Input(shape=(6, 2), name="left")
    right = keras.layers.Input(shape=(6, 2), name="right")
    joined = keras.layers.Concatenate(name="joined")([branch(left), branch(right)])
    return keras.models.Model([left, right], joined)
