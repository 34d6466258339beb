"""One TimeDistributed layer called twice, one call after the other.

Shared: the wrapper ``per_step`` and the Dense layer inside it.
"""


def build(keras):
    inputs = keras.layers.Input(shape=(3, 4))
    per_step = keras.layers.TimeDistributed(keras.layers.Dense(4), name="per_step")
    between = keras.layers.LSTM(4, return_sequences=True, name="between")
    return keras.models.Model(inputs, per_step(between(per_step(inputs))))
