"""A custom layer that projects with the transposed kernel of another layer.

Shared: the kernel of ``encode``. The custom layer ``decode`` holds that layer and uses its kernel:
an autoencoder with tied weights. After loading there must still be only one kernel.

Upstream: keras-team/keras#18419
"""


def custom_objects(keras):
    import tensorflow as tf

    class Transposed(keras.layers.Layer):
        """Multiplies by the transposed kernel of ``source``."""

        def __init__(self, source, **kwargs):
            super().__init__(**kwargs)
            self.source = source

        def call(self, inputs):
            return tf.matmul(inputs, tf.convert_to_tensor(self.source.kernel), transpose_b=True)

        def compute_output_shape(self, input_shape):
            return tuple(input_shape[:-1]) + (4,)

        def get_config(self):
            config = super().get_config()
            config["source"] = keras.layers.serialize(self.source)
            return config

        @classmethod
        def from_config(cls, config):
            config = dict(config)
            config["source"] = keras.layers.deserialize(config["source"])
            return cls(**config)

    return {"Transposed": Transposed}


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    encode = keras.layers.Dense(3, activation="tanh", name="encode")
    code = encode(inputs)
    decode = custom_objects(keras)["Transposed"](encode, name="decode")
    return keras.models.Model(inputs, decode(code))
