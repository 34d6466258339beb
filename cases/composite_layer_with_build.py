"""A custom layer that holds another layer, has it in its config, and builds it.

At stake: the inner layer, which the outer one serializes and deserializes itself, and the inner
weights. A loader that builds the outer layer for its config builds the inner one again.

Upstream: keras-team/keras#21147
"""


def custom_objects(keras):
    class Residual(keras.layers.Layer):
        """Adds its inputs to what the inner layer makes of them."""

        def __init__(self, inner, **kwargs):
            super().__init__(**kwargs)
            self.inner = inner

        def build(self, input_shape):
            self.inner.build(input_shape)
            super().build(input_shape)

        def call(self, inputs):
            return inputs + self.inner(inputs)

        def compute_output_shape(self, input_shape):
            return input_shape

        def get_config(self):
            return dict(super().get_config(), inner=keras.layers.serialize(self.inner))

        @classmethod
        def from_config(cls, config):
            arguments = dict(config)
            inner = keras.layers.deserialize(arguments.pop("inner"))
            return cls(inner, **arguments)

    return {"Residual": Residual}


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    inner = keras.layers.Dense(4, activation="tanh", name="inner")
    residual = custom_objects(keras)["Residual"](inner, name="residual")
    return keras.models.Model(inputs, keras.layers.Dense(2, name="last")(residual(inputs)))
