"""A DepthwiseConv2D layer between two pointwise convolutions, as in MobileNet.

At stake: the layer inherits the arguments of Conv2D, some of which make no sense for it, and some
releases write such an argument to the file that others refuse.

Upstream: keras-team/keras#19151
"""


def applies(keras):
    return hasattr(keras.layers, "DepthwiseConv2D")


def build(keras):
    images = keras.layers.Input(shape=(6, 6, 2), name="images")
    expand = keras.layers.Conv2D(4, 1, activation="relu", name="expand")
    depthwise = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")
    project = keras.layers.Conv2D(2, 1, name="project")
    return keras.models.Model(images, project(depthwise(expand(images))))
