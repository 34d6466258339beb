"""One BatchNormalization layer called on two inputs.

Shared: the layer ``norm`` with its scale, offset and moving statistics. The statistics are not
trained, and must be restored all the same.
"""


def build(keras):
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    norm = keras.layers.BatchNormalization(name="norm")
    return keras.models.Model(
        [left, right], keras.layers.Add(name="joined")([norm(left), norm(right)])
    )
