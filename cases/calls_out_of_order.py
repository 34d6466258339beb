"""One Dense layer whose second call can be rebuilt before its first.

Shared: the layer ``shared``. Its first call waits for an activation, its second for nothing. A
loader that skips the first call and makes the second swaps the numbers of the two calls, and
everything behind them takes the wrong tensor. Nothing is raised; the outputs are permuted.

Upstream: tensorflow/tensorflow#50322, keras-team/keras#14838, keras-team/keras#11159
"""


def build(keras):
    shared = keras.layers.Dense(4, name="shared")
    right = keras.layers.Input(shape=(4,), name="right")
    after_right = shared(keras.layers.Activation("tanh", name="tanh")(right))
    left = keras.layers.Input(shape=(4,), name="left")
    after_left = shared(keras.layers.Activation("relu", name="relu")(shared(left)))
    joined = keras.layers.Concatenate(name="joined")([after_left, after_right])
    return keras.models.Model([left, right], joined)
