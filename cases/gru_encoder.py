"""A GRU that encodes a sequence, followed by a Dense layer.

At stake: the variant of the cell, ``reset_after``, whose default has changed, and arguments such as
``time_major`` that some releases write to the file and others refuse.

Upstream: keras-team/keras#20750
"""


def build(keras):
    sequence = keras.layers.Input(shape=(3, 2), name="sequence")
    code = keras.layers.GRU(3, name="gru")(sequence)
    return keras.models.Model(sequence, keras.layers.Dense(2, name="last")(code))
