"""A Sequential model that begins with an InputLayer.

At stake: the shape of the inputs, without which a Sequential model has no weights. Keras 2 writes
it to the file as ``batch_input_shape``, Keras 3 as ``batch_shape``.

Upstream: tensorflow/tensorflow#64685, tensorflow/tensorflow#66381,
keras-team/keras#11072
"""


def build(keras):
    layers = [
        keras.layers.InputLayer(input_shape=(3,), name="inputs"),
        keras.layers.Dense(4, activation="tanh", name="hidden"),
        keras.layers.Dense(1, name="out"),
    ]
    return keras.models.Sequential(layers, name="net")
