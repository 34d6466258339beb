"""A model with a categorical feature: an adapted StringLookup layer that takes strings.

At stake: the vocabulary that the layer was adapted to, and with it the index of each string.
Releases before Keras 2.6 do not have this layer.

Upstream: keras-team/keras#18376, tensorflow/tensorflow#61369
"""


def applies(keras):
    return hasattr(keras.layers, "StringLookup")


def inputs(numbers):
    import numpy

    return numpy.array([["red", "blue"], ["green", "red"], ["blue", "violet"], ["red", "red"]])


def build(keras):
    import numpy

    lookup = keras.layers.StringLookup(output_mode="multi_hot", name="lookup")
    lookup.adapt(numpy.array(["red", "blue", "green", "red", "blue", "red"]))
    colours = keras.layers.Input(shape=(2,), dtype="string", name="colours")
    return keras.models.Model(colours, keras.layers.Dense(3, name="last")(lookup(colours)))
