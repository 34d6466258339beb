"""One Embedding layer called on two inputs, followed by branches of different depth.

Shared: the layer ``embedding``. The depth of a layer decides its position in the config, and a
shared layer has more than one depth.

Upstream: keras-team/keras#6668
"""


def build(keras):
    near = keras.layers.Input(shape=(3,), dtype="int32", name="near")
    far = keras.layers.Input(shape=(3,), dtype="int32", name="far")
    embedding = keras.layers.Embedding(8, 4, name="embedding")
    deep = keras.layers.Dense(4, activation="tanh", name="deep")(embedding(far))
    deeper = keras.layers.Dense(4, name="deeper")(deep)
    joined = keras.layers.Concatenate(axis=1, name="joined")([deeper, embedding(near)])
    return keras.models.Model([near, far], joined)
