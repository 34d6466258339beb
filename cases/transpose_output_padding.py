"""A transposed convolution with ``output_padding``, which makes its output one row larger.

At stake: the argument, without which the same weights give outputs of another shape.

Upstream: keras-team/keras#23014
"""

import inspect


def applies(keras):
    arguments = inspect.signature(keras.layers.Conv2DTranspose.__init__).parameters
    return "output_padding" in arguments


def build(keras):
    images = keras.layers.Input(shape=(4, 4, 1), name="images")
    larger = keras.layers.Conv2DTranspose(1, 3, strides=3, output_padding=1, name="larger")
    return keras.models.Model(images, larger(images))
