"""The model of issue 20307 rewritten as one custom layer that makes all three calls.

Shared: the Dense layer in ``first``, called twice inside ``call``. The graph of the model has a
single node, so no call has to wait for another during loading.

Upstream: keras-team/keras#20307
"""


def custom_objects(keras):
    class Sandwich(keras.layers.Layer):
        """Applies one layer before and after another."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = keras.layers.Dense(4, name="first")
            self.between = keras.layers.Dense(4, activation="tanh", name="between")

        def build(self, input_shape):
            self.first.build(input_shape)
            self.between.build(input_shape)
            super().build(input_shape)

        def call(self, inputs):
            return self.first(self.between(self.first(inputs)))

        def compute_output_shape(self, input_shape):
            return input_shape

    return {"Sandwich": Sandwich}


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    sandwich = custom_objects(keras)["Sandwich"](name="sandwich")
    return keras.models.Model(inputs, sandwich(inputs))
