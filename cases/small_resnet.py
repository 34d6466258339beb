"""A small ResNet: two residual blocks of convolutions and batch normalization.

At stake: the moving means and variances beside the trained weights, and which of the many layers of
one class and shape each weight belongs to.
"""


def build(keras):
    images = keras.layers.Input(shape=(8, 8, 3), name="images")
    stem = keras.layers.Conv2D(4, 3, strides=2, padding="same", name="stem")(images)
    first = residual_block(keras, stem, "first")
    second = residual_block(keras, first, "second")
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(second)
    classes = keras.layers.Dense(3, activation="softmax", name="classes")
    return keras.models.Model(images, classes(pooled))


def residual_block(keras, inputs, name):
    """Return the inputs plus what two convolutions, each with its normalization, make of them."""
    outputs = inputs
    for part, activation in (("_one", "relu"), ("_two", "linear")):
        convolution = keras.layers.Conv2D(
            4, 3, padding="same", activation=activation, use_bias=False, name=name + part
        )
        normal = keras.layers.BatchNormalization(name=name + part + "_normal")
        outputs = normal(convolution(outputs))
    return keras.layers.Add(name=name + "_added")([outputs, inputs])
