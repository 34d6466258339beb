"""One Conv2D layer called on images of two sizes.

Shared: the layer ``conv``. Its first call fixes only the number of channels; the second image may
be larger.

Upstream: keras-team/keras#13324
"""


def build(keras):
    small = keras.layers.Input(shape=(4, 4, 1), name="small")
    large = keras.layers.Input(shape=(6, 6, 1), name="large")
    conv = keras.layers.Conv2D(2, 3, name="conv")
    pool = keras.layers.GlobalMaxPooling2D(name="pool")
    joined = keras.layers.Concatenate(name="joined")([pool(conv(small)), pool(conv(large))])
    return keras.models.Model([small, large], joined)
