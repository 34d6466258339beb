"""The model of issue 20307 with the shared layer in a well-named variable, as is often advised.

Shared: the layer in ``shared_layer``, created once and called twice, as articles about the error
recommend. The graph is that of the case ``interleaved_dense``, and so is the history.

Upstream: keras-team/keras#20307
"""


def build(keras):
    inputs = keras.layers.Input(shape=(10,))
    shared_layer = keras.layers.Dense(10, name="shared_layer")
    x = shared_layer(inputs)
    x = keras.layers.Dense(10, activation="relu", name="hidden")(x)
    outputs = shared_layer(x)
    return keras.models.Model(inputs, outputs)
