"""One stateful LSTM layer called on two sequences.

Shared: the layer ``memory`` and the state that it keeps from call to call. A loaded model starts
with the same state as a fresh one.
"""

FORMATS = ("keras", "h5", "weights", "json")


def build(keras):
    left = keras.layers.Input(batch_shape=(4, 3, 2), name="left")
    right = keras.layers.Input(batch_shape=(4, 3, 2), name="right")
    memory = keras.layers.LSTM(2, stateful=True, name="memory")
    joined = keras.layers.Concatenate(name="joined")([memory(left), memory(right)])
    return keras.models.Model([left, right], joined)
