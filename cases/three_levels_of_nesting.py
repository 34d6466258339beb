"""A model in a model in a model, the innermost of which is also called outside.

Shared: the model ``inner``, at the third level and at the first.
"""


def build(keras):
    def wrapped(layer, name):
        tensor = keras.layers.Input(shape=(4,), name=name + "_input")
        own = keras.layers.Dense(4, activation="tanh", name=name + "_dense")
        return keras.models.Model(tensor, own(layer(tensor)), name=name)

    inner = wrapped(keras.layers.Dense(4, name="core"), "inner")
    outer = wrapped(wrapped(inner, "middle"), "outer")
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    return keras.models.Model(inputs, inner(outer(inputs)))
