"""A text classifier: an Embedding, a Bidirectional LSTM and a Dense layer.

At stake: the weights of the two directions, which must not change places, and those of the three
parts of the LSTM cell.
"""


def build(keras):
    words = keras.layers.Input(shape=(6,), dtype="int32", name="words")
    vectors = keras.layers.Embedding(8, 4, name="vectors")(words)
    both_ways = keras.layers.Bidirectional(keras.layers.LSTM(3, name="lstm"), name="both_ways")
    classes = keras.layers.Dense(2, activation="softmax", name="classes")
    return keras.models.Model(words, classes(both_ways(vectors)))
