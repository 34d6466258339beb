"""One Concatenate and one Dense layer called twice, the first with a list of tensors.

Shared: ``join`` and ``mix``; the second list holds a result of the first.
"""


def build(keras):
    left = keras.layers.Input(shape=(2,), name="left")
    right = keras.layers.Input(shape=(2,), name="right")
    join = keras.layers.Concatenate(name="join")
    mix = keras.layers.Dense(2, activation="tanh", name="mix")
    return keras.models.Model([left, right], mix(join([mix(join([left, right])), right])))
