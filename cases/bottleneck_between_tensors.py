"""A model between two intermediate tensors of another, through a shared layer.

Shared: the layer ``shared``, whose first call lies before the smaller model and whose second call
lies in it.

Upstream: keras-team/keras#19803, keras-team/keras#19589
"""

LIMIT = 5


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    start = shared(inputs)
    end = shared(keras.layers.Dense(4, name="between")(start))
    return keras.models.Model(start, end)
