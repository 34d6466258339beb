"""One Sequential sub-model called on two inputs.

Shared: the model ``tower`` with both of its layers.
"""


def build(keras):
    tower = keras.models.Sequential(
        [
            keras.layers.Dense(5, activation="tanh", name="hidden", input_shape=(4,)),
            keras.layers.Dense(3, name="code"),
        ],
        name="tower",
    )
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    joined = keras.layers.Concatenate(name="joined")([tower(left), tower(right)])
    return keras.models.Model([left, right], joined)
