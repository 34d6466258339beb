"""A check that the saved model itself does not pass: a fault of the case."""


def build(keras):
    inputs = keras.layers.Input(shape=(2,))
    return keras.models.Model(inputs, keras.layers.Dense(2, name="dense")(inputs))


def check(keras, model, loaded):
    model.no_such_method()
