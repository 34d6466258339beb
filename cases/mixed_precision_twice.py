"""One Dense layer with a mixed-precision policy, called twice.

Shared: the layer ``half``, which computes in float16 and keeps its weights in float32. Releases
before Keras 2.4 have no policies for single layers.
"""


def applies(keras):
    return hasattr(keras, "mixed_precision")


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    half = keras.layers.Dense(4, activation="tanh", dtype="mixed_float16", name="half")
    return keras.models.Model(inputs, keras.layers.Dense(4, name="last")(half(half(inputs))))


def check(keras, model, loaded):
    before, after = (each.get_layer("half").compute_dtype for each in (model, loaded))
    assert before == after, "policy: %s before, %s after" % (before, after)
