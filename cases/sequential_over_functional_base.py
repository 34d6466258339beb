"""A Sequential model of random image layers, a frozen functional base and a new head.

At stake: the graph of the whole, in which the base has to stay one layer with one output, and the
random layers, which must do nothing outside training.

Upstream: keras-team/keras#19959, keras-team/keras#20084
"""


def applies(keras):
    return hasattr(keras.layers, "RandomFlip") and hasattr(keras.layers, "Rescaling")


def build(keras):
    inputs = keras.layers.Input(shape=(8, 8, 3), name="inputs")
    first = keras.layers.Conv2D(4, 3, padding="same", name="first")(inputs)
    normal = keras.layers.BatchNormalization(name="normal")(first)
    second = keras.layers.Conv2D(4, 3, padding="same", name="second")(normal)
    added = keras.layers.Add(name="added")([first, second])
    base = keras.models.Model(inputs, added, name="base")
    base.trainable = False
    model = keras.models.Sequential(name="transfer")
    model.add(keras.layers.Input(shape=(8, 8, 3)))
    model.add(keras.layers.RandomFlip("horizontal", name="flip"))
    model.add(keras.layers.RandomRotation(0.1, name="rotation"))
    model.add(keras.layers.Rescaling(0.5, offset=-1, name="rescaling"))
    model.add(base)
    model.add(keras.layers.GlobalAveragePooling2D(name="pooled"))
    model.add(keras.layers.Dense(6, activation="relu", name="hidden"))
    model.add(keras.layers.Dropout(0.2, name="drop"))
    model.add(keras.layers.Dense(3, activation="softmax", name="classes"))
    return model
