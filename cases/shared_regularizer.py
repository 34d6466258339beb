"""Two Dense layers given the same initializer, regularizer and constraint objects.

Shared: the three objects, which have no weights. The config of each layer holds its own copy of
them.
"""


def build(keras):
    given = {
        "kernel_initializer": keras.initializers.RandomUniform(-0.5, 0.5, seed=7),
        "kernel_regularizer": keras.regularizers.l2(0.01),
        "kernel_constraint": keras.constraints.MaxNorm(2.0),
    }
    inputs = keras.layers.Input(shape=(4,))
    first = keras.layers.Dense(4, name="first", **given)
    second = keras.layers.Dense(4, name="second", **given)
    return keras.models.Model(inputs, second(first(inputs)))
