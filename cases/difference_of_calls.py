"""The difference between two calls of one Dense layer.

Shared: the layer ``shared``, called on two inputs. A release that mistakes the second call for the
first returns zeros and raises nothing.
"""


def build(keras):
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    shared = keras.layers.Dense(3, activation="tanh", name="shared")
    difference = keras.layers.Subtract(name="difference")([shared(left), shared(right)])
    return keras.models.Model([left, right], difference)
