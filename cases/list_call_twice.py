"""One Concatenate layer and one Dense layer called twice, the former on lists of tensors.

Shared: the layers ``join`` and ``mix``. The second list holds the first result of ``mix``.
"""


def build(keras):
    left = keras.layers.Input(shape=(2,), name="left")
    right = keras.layers.Input(shape=(2,), name="right")
    join = keras.layers.Concatenate(name="join")
    mix = keras.layers.Dense(2, activation="tanh", name="mix")
    return keras.models.Model([left, right], mix(join([mix(join([left, right])), right])))
