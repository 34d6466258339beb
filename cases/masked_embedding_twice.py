"""One masking Embedding layer and one LSTM layer called on two padded sequences.

Shared: the layers ``embedding`` and ``reader``. Each call has its own mask, which must follow its
tensor.

Upstream: keras-team/keras#6206
"""

FORMATS = ("keras", "h5", "weights", "json", "clone")


def build(keras):
    left = keras.layers.Input(shape=(5,), dtype="int32", name="left")
    right = keras.layers.Input(shape=(5,), dtype="int32", name="right")
    embedding = keras.layers.Embedding(8, 3, mask_zero=True, name="embedding")
    reader = keras.layers.LSTM(2, name="reader")
    joined = keras.layers.Concatenate(name="joined")(
        [reader(embedding(left)), reader(embedding(right))]
    )
    return keras.models.Model([left, right], joined)
