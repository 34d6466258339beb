"""One custom layer called twice with a dict of tensors.

Shared: the layer ``gate``. Loading must find the tensors by key, not by position.
"""


def custom_objects(keras):
    class Gate(keras.layers.Layer):
        """Scales one tensor by a trained weight and subtracts another."""

        def build(self, input_shape):
            self.share = self.add_weight(name="share", shape=(4,), initializer="ones")
            super().build(input_shape)

        def call(self, inputs):
            return inputs["signal"] * self.share - inputs["background"]

        def compute_output_shape(self, input_shape):
            return input_shape["signal"]

    return {"Gate": Gate}


def build(keras):
    one = keras.layers.Input(shape=(4,), name="one")
    other = keras.layers.Input(shape=(4,), name="other")
    gate = custom_objects(keras)["Gate"](name="gate")
    first = gate({"signal": one, "background": other})
    return keras.models.Model([one, other], gate({"background": first, "signal": other}))
