"""A model with nothing wrong."""


def build(keras):
    inputs = keras.layers.Input(shape=(2,))
    return keras.models.Model(inputs, keras.layers.Dense(2, name="dense")(inputs))
