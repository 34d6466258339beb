"""One Dense layer with LoRA enabled, called twice.

Shared: the layer ``adapted`` with its frozen kernel and the two low-rank matrices, which must count
once and come back frozen. Releases before Keras 3.0.3 have no LoRA.
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
