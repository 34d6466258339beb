"""A model that starts at the rescaled input instead of the input itself.

Shared: the layer ``rescaling``. It is not part of the model, and yet made the tensor at which the
model starts. Releases before Keras 2.6 do not have this layer.

Upstream: keras-team/keras#19589
"""

LIMIT = 5


def applies(keras):
    return hasattr(keras.layers, "Rescaling")


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    inputs = keras.layers.Rescaling(0.5, name="rescaling")(inputs)
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(inputs)
    return keras.models.Model(inputs, keras.layers.Dense(2, name="last")(hidden))
