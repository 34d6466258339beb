"""One TimeDistributed layer called on two series.

Shared: the wrapper ``per_step`` and the Dense layer inside it.
"""


def build(keras):
    left = keras.layers.Input(shape=(3, 4), name="left")
    right = keras.layers.Input(shape=(3, 4), name="right")
    per_step = keras.layers.TimeDistributed(keras.layers.Dense(4), name="per_step")
    difference = keras.layers.Subtract(name="difference")([per_step(left), per_step(right)])
    return keras.models.Model([left, right], difference)
