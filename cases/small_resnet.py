"""A small ResNet: two residual blocks of convolutions and batch normalization.

At stake: the moving means and variances beside the trained weights, and which branch each of the
many layers of one class belongs to.
"""


def build(keras):
    images = keras.layers.Input(shape=(8, 8, 3), name="images")
    stem = keras.layers.Conv2D(4, 3, padding="same", name="stem")(images)
    narrow = residual_block(keras, stem, 4, 1, "narrow")
    wide = residual_block(keras, narrow, 6, 2, "wide")
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(wide)
    classes = keras.layers.Dense(3, activation="softmax", name="classes")
    return keras.models.Model(images, classes(pooled))


def residual_block(keras, inputs, filters, strides, name):
    """Return the sum of two convolutions and the inputs, which a third may have to fit to them."""
    first = convolution(keras, inputs, filters, 3, strides, name + "_first")
    first = keras.layers.Activation("relu", name=name + "_first_relu")(first)
    second = convolution(keras, first, filters, 3, 1, name + "_second")
    if strides > 1:
        inputs = convolution(keras, inputs, filters, 1, strides, name + "_shortcut")
    added = keras.layers.Add(name=name + "_added")([second, inputs])
    return keras.layers.Activation("relu", name=name + "_relu")(added)


def convolution(keras, inputs, filters, size, strides, name):
    """Return the inputs after a convolution without bias and a batch normalization."""
    layer = keras.layers.Conv2D(
        filters, size, strides=strides, padding="same", use_bias=False, name=name
    )
    return keras.layers.BatchNormalization(name=name + "_norm")(layer(inputs))
