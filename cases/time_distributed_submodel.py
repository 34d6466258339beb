"""A sub-model called at every time step by TimeDistributed, and once on its own.

Shared: the model ``encoder``, inside the wrapper ``per_step`` and outside it.

Upstream: keras-team/keras#10608
"""


def build(keras):
    inner = keras.layers.Input(shape=(4,), name="inner")
    code = keras.layers.Dense(3, activation="tanh", name="code")(inner)
    encoder = keras.models.Model(inner, code, name="encoder")
    steps = keras.layers.Input(shape=(3, 4), name="steps")
    single = keras.layers.Input(shape=(4,), name="single")
    all_steps = keras.layers.Flatten(name="flat")(
        keras.layers.TimeDistributed(encoder, name="per_step")(steps)
    )
    joined = keras.layers.Concatenate(name="joined")([all_steps, encoder(single)])
    return keras.models.Model([steps, single], joined)
