"""One Dense layer called twice, with functions of ``keras.ops`` applied in between.

Shared: the layer ``shared``. Its calls are connected by operations that are not layers. Releases
before Keras 3 have no ``keras.ops``.
"""


def applies(keras):
    return hasattr(keras, "ops")


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    first = shared(inputs)
    second = shared(keras.ops.flip(keras.ops.square(first), axis=-1))
    return keras.models.Model(inputs, keras.ops.concatenate([first, second], axis=-1))
