"""One ConvLSTM2D layer called on two series of images.

Shared: the layer ``scan`` and its cell.
"""

FORMATS = ("keras", "h5", "weights", "json")


def build(keras):
    left = keras.layers.Input(shape=(2, 4, 4, 1), name="left")
    right = keras.layers.Input(shape=(2, 4, 4, 1), name="right")
    scan = keras.layers.ConvLSTM2D(2, 2, name="scan")
    flat = keras.layers.Flatten(name="flat")
    joined = keras.layers.Concatenate(name="joined")([flat(scan(left)), flat(scan(right))])
    return keras.models.Model([left, right], joined)
