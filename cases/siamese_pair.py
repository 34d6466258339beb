"""A siamese network: one encoder layer called on two inputs, the two codes joined.

Shared: the layer ``encoder``, called once on each input, so that neither call waits for the other.
"""


def build(keras):
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    encoder = keras.layers.Dense(3, activation="tanh", name="encoder")
    joined = keras.layers.Concatenate(name="joined")([encoder(left), encoder(right)])
    return keras.models.Model([left, right], keras.layers.Dense(1, name="score")(joined))
