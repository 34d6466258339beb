"""A convolution with BatchNormalization, nested in two sub-models and called twice.

Shared: the model ``encoder`` inside ``branch``, which is called on two inputs. In the issues below,
trainable and non-trainable weights were written in one order and read in another.

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
