"""A custom layer called twice, neither registered nor passed as ``custom_objects``.

Shared: the layer ``scale``. Loading cannot succeed where the config is read. A release should raise
an exception that names the class and says how to pass it.
"""

FORMATS = ("keras", "h5", "json", "savedmodel")
MUST_REFUSE = ("keras", "h5", "json")


def build(keras):
    class UnregisteredScale(keras.layers.Layer):
        """Multiplies by a trained factor and adds one."""

        def build(self, input_shape):
            self.factor = self.add_weight(name="factor", shape=(4,), initializer="ones")
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.factor + 1.0

        def compute_output_shape(self, input_shape):
            return input_shape

    inputs = keras.layers.Input(shape=(4,))
    scale = UnregisteredScale(name="scale")
    return keras.models.Model(inputs, keras.layers.Dense(4, name="last")(scale(scale(inputs))))
