"""A text model that begins with an adapted TextVectorization layer and takes strings.

At stake: the vocabulary that the layer was adapted to, and the length of the sequences that it
makes. Releases before Keras 2.6 do not have this layer.

Upstream: keras-team/keras#15382, tensorflow/tensorflow#45231
"""


def applies(keras):
    return hasattr(keras.layers, "TextVectorization")


def inputs(numbers):
    import numpy

    return numpy.array([["the cat sat"], ["a cat on a mat"], ["a dog"], ["mat, the mat"]])


def build(keras):
    import numpy

    vectorize = keras.layers.TextVectorization(output_sequence_length=4, name="vectorize")
    vectorize.adapt(numpy.array(["the cat sat", "the cat ran", "a mat"]))
    text = keras.layers.Input(shape=(1,), dtype="string", name="text")
    words = keras.layers.Embedding(10, 3, name="words")(vectorize(text))
    pooled = keras.layers.GlobalAveragePooling1D(name="pooled")(words)
    return keras.models.Model(text, keras.layers.Dense(2, name="last")(pooled))
