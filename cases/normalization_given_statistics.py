"""A Normalization layer whose mean and variance are given to the constructor.

At stake: the mean and the variance, which are in the config of the layer and not in its weights.
Releases before Keras 2.6 do not have this layer.

Upstream: keras-team/keras#16392
"""


def applies(keras):
    return hasattr(keras.layers, "Normalization")


def build(keras):
    images = keras.layers.Input(shape=(2, 2, 3), name="images")
    normal = keras.layers.Normalization(
        mean=[0.485, 0.456, 0.406], variance=[0.052, 0.05, 0.051], name="normal"
    )
    flat = keras.layers.Flatten(name="flat")(normal(images))
    return keras.models.Model(images, keras.layers.Dense(2, name="last")(flat))
