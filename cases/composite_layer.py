"""A custom layer that holds another layer and has it in its config.

At stake: the inner layer, which the outer one serializes and deserializes itself, and the inner
weights, which it does not build.

Upstream: keras-team/keras#20004
"""


def custom_objects(keras):
    class Residual(keras.layers.Layer):
        """Adds its inputs to what the inner layer makes of them."""

        def __init__(self, inner, **kwargs):
            super().__init__(**kwargs)
            self.inner = inner

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
