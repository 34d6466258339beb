"""Two Dense layers called in turn: ``a(b(a(b(x))))``.

Shared: the layers ``a`` and ``b``. Neither can be rebuilt with all of its calls before the other
has some of its own.

Upstream: keras-team/keras#4160, keras-team/keras#20307
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    a = keras.layers.Dense(4, name="a")
    b = keras.layers.Dense(4, activation="tanh", name="b")
    return keras.models.Model(inputs, a(b(a(b(inputs)))))
