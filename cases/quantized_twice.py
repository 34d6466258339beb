"""One Dense layer quantised to int8, called on two inputs.

Shared: the layer ``small`` with its integer kernel and the scale of that kernel. Releases before
Keras 3.1 cannot quantise a model.
"""

FORMATS = ("keras", "h5", "weights", "json")


def applies(keras):
    return hasattr(keras.models.Model, "quantize")


def build(keras):
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    small = keras.layers.Dense(3, name="small")
    difference = keras.layers.Subtract(name="difference")([small(left), small(right)])
    model = keras.models.Model([left, right], difference)
    model.quantize("int8")
    return model
