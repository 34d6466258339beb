"""One Dense layer called twice with another layer in between.

Shared: the layer ``shared``, whose second call comes after ``between``. Loading must put the second
call back on the queue until ``between`` has been made; Keras 3.0 to 3.6 raise an exception instead.

Upstream: keras-team/keras#20307
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, name="shared")
    between = keras.layers.Dense(4, activation="tanh", name="between")
    return keras.models.Model(inputs, shared(between(shared(inputs))))
