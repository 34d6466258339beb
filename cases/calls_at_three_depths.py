"""One Dense layer called three times in a chain, with a different activation between calls.

Shared: the layer ``shared``, which occurs at three depths of one path.
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, name="shared")
    once = keras.layers.Activation("tanh", name="tanh")(shared(inputs))
    twice = keras.layers.Activation("sigmoid", name="sigmoid")(shared(once))
    return keras.models.Model(inputs, shared(twice))
