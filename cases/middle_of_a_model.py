"""A model cut out of the middle of another, from the second output of a sub-model on.

Shared: the layers ``first`` and ``second``, which the larger model calls too. The file of the
smaller model must hold its own calls alone.

Upstream: keras-team/keras#19803
"""

LIMIT = 5


def build(keras):
    inner = keras.layers.Input(shape=(4,), name="inner")
    short = keras.layers.Dense(3, name="short")(inner)
    encoder = keras.models.Model(
        inner, [short, keras.layers.Dense(4, name="long")(short)], name="encoder"
    )
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    code, features = encoder(inputs)
    first = keras.layers.Dense(3, activation="tanh", name="first")
    result = keras.layers.Dense(2, name="second")(first(features))
    keras.models.Model(inputs, [code, result])
    return keras.models.Model(features, result)
