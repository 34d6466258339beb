"""One Dense layer called twice in a row.

Shared: the layer ``shared``. Its second call takes the result of the first and nothing else.
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    return keras.models.Model(inputs, shared(shared(inputs)))
