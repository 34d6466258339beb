"""A model with an IntegerLookup layer whose vocabulary is given to the constructor.

At stake: the vocabulary, which is in the config of the layer and not in its weights, and with it
the index of each integer. Releases before Keras 2.6 do not have this layer.
"""


def applies(keras):
    return hasattr(keras.layers, "IntegerLookup")


def inputs(numbers):
    import numpy

    return numpy.array([[12, 1138], [42, 36], [7, 12], [42, 42]], "int64")


def build(keras):
    codes = keras.layers.Input(shape=(2,), dtype="int64", name="codes")
    lookup = keras.layers.IntegerLookup(vocabulary=[12, 36, 1138, 42], name="lookup")
    vectors = keras.layers.Embedding(6, 3, name="vectors")(lookup(codes))
    flat = keras.layers.Flatten(name="flat")(vectors)
    return keras.models.Model(codes, keras.layers.Dense(2, name="last")(flat))
