"""A model between two intermediate tensors that are both outputs of a shared layer.

Shared: the layer ``shared``. Its first call makes the tensor at which the model starts and is not
part of the model; its second call is.

Upstream: keras-team/keras#19803, keras-team/keras#19589
"""

LIMIT = 5


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    start = shared(inputs)
    end = shared(keras.layers.Dense(4, name="between")(start))
    return keras.models.Model(start, end)
