"""One LSTM called twice with its initial state given by keyword, one tensor for both states.

Shared: the layer ``decoder`` and the tensor ``state``, which is the hidden and the carried state.

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
