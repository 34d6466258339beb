"""One Bidirectional RNN layer called on two sequences.

Shared: the wrapper ``reader`` with the forward and the backward layer inside it.
"""


def build(keras):
    left = keras.layers.Input(shape=(3, 2), name="left")
    right = keras.layers.Input(shape=(3, 2), name="right")
    reader = keras.layers.Bidirectional(keras.layers.SimpleRNN(2), name="reader")
    joined = keras.layers.Concatenate(name="joined")([reader(left), reader(right)])
    return keras.models.Model([left, right], joined)
