"""One BatchNormalization called on two branches.

Shared: the layer ``norm`` with its scale, offset and moving statistics, which are state beside the
trained weights and must come back too.
"""


def build(keras):
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    norm = keras.layers.BatchNormalization(name="norm")
    return keras.models.Model(
        [left, right], keras.layers.Add(name="joined")([norm(left), norm(right)])
    )
