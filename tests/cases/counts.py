"""A model whose builder leaves a mark beside the case each time that it is run."""


def build(keras):
    with open(__file__ + ".marks", "a") as marks:
        marks.write("built\n")
    inputs = keras.layers.Input(shape=(2,))
    return keras.models.Model(inputs, keras.layers.Dense(2, name="dense")(inputs))
