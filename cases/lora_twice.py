"""One Dense layer with LoRA enabled, called twice.

Shared: the layer ``adapted`` with its frozen kernel and its two low-rank matrices. Each of them
must count once, and the kernel must come back frozen. Releases before Keras 3.0.3 do not have LoRA.
"""

FORMATS = ("keras", "h5", "weights", "json")


def applies(keras):
    return hasattr(keras.layers.Dense, "enable_lora")


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    adapted = keras.layers.Dense(4, activation="tanh", name="adapted")
    model = keras.models.Model(inputs, adapted(adapted(inputs)))
    adapted.enable_lora(2)
    return model
