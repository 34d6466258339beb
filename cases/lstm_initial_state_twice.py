"""One LSTM layer called twice, its initial state passed as a keyword argument.

Shared: the layer ``decoder`` and the tensor ``state``, which the first call takes both as its
hidden state and as its carry state.

Upstream: keras-team/keras#7612
"""

FORMATS = ("keras", "h5", "weights", "json", "clone")


def build(keras):
    left = keras.layers.Input(shape=(3, 2), name="left")
    right = keras.layers.Input(shape=(3, 2), name="right")
    state = keras.layers.Input(shape=(4,), name="state")
    decoder = keras.layers.LSTM(4, name="decoder")
    after_left = decoder(left, initial_state=[state, state])
    after_right = decoder(right, initial_state=[state, after_left])
    return keras.models.Model([left, right, state], after_right)
