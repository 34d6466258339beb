"""A transposed convolution with ``output_padding``, which makes its output one row larger.

At stake: the argument, without which the same weights give outputs of another shape. Some releases
accept it and leave it out of the config.

Upstream: keras-team/keras#23014
"""

import inspect


def applies(keras):
    """Whether the layer takes the argument, itself or through a class that it inherits from."""
    return any(
        "output_padding" in inspect.signature(each.__init__).parameters
        for each in keras.layers.Conv2DTranspose.__mro__
    )


def build(keras):
    images = keras.layers.Input(shape=(4, 4, 1), name="images")
    larger = keras.layers.Conv2DTranspose(1, 3, strides=3, output_padding=1, name="larger")
    return keras.models.Model(images, larger(images))
