"""A functional model made from the tensors of a Sequential model.

Shared: the layers of the Sequential model, which belong to both models.

Upstream: keras-team/keras#19304
"""


def build(keras):
    layers = [
        keras.layers.Dense(4, activation="tanh", name="hidden", input_shape=(4,)),
        keras.layers.Dense(2, name="last"),
    ]
    sequential = keras.models.Sequential(layers, name="sequential")
    return keras.models.Model(sequential.inputs, sequential.outputs)
