"""One Dense layer called twice in a row.

Shared: the layer ``shared``, whose second call takes the first call's result and nothing else.
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    return keras.models.Model(inputs, shared(shared(inputs)))
