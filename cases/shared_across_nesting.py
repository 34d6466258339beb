"""One Dense layer used inside a sub-model and again outside it.

Shared: the layer ``shared``, one object at two levels of nesting. After loading, the two places
must still hold one layer, not two layers with equal weights.
"""


def build(keras):
    shared = keras.layers.Dense(4, name="shared")
    inner = keras.layers.Input(shape=(4,), name="inner")
    block = keras.models.Model(inner, shared(inner), name="block")
    inputs = keras.layers.Input(shape=(4,), name="outer")
    return keras.models.Model(inputs, shared(block(inputs)))
