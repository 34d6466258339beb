"""One Dense layer called on two inputs, one of its two results passing through a further layer.

Shared: the layer ``shared``. The branches have different depths, from which old loaders derived an
order in which the second input came too late.

Upstream: keras-team/keras#6827
"""


def build(keras):
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    shared = keras.layers.Dense(3, name="shared")
    longer = keras.layers.Activation("tanh", name="longer")(shared(right))
    joined = keras.layers.Concatenate(name="joined")([shared(left), longer])
    return keras.models.Model([left, right], joined)
