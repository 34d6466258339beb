"""A recurrent layer with a stack of two cells that are one and the same object.

Shared: the cell ``cell``, which occurs twice in one stack. After loading it must still be one cell.
"""


def build(keras):
    inputs = keras.layers.Input(shape=(3, 4))
    cell = keras.layers.GRUCell(4, name="cell")
    return keras.models.Model(inputs, keras.layers.RNN([cell, cell], name="stack")(inputs))
