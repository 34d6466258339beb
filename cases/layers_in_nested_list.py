"""A custom layer that keeps its layers in a list of lists, called twice.

Shared: the custom layer ``grid`` with its two Dense layers. Releases that do not look into nested
lists write no weights for them, and the loaded model has freshly initialised ones.

Upstream: keras-team/keras#20598, keras-team/keras#22362, keras-team/keras#22891
"""


def custom_objects(keras):
    class Grid(keras.layers.Layer):
        """Dense layers in rows, called one after another."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.rows = [
                [keras.layers.Dense(4, activation="tanh", name="row_%d" % row)] for row in range(2)
            ]

        def build(self, input_shape):
            for (dense,) in self.rows:
                dense.build(input_shape)
            super().build(input_shape)

        def call(self, inputs):
            for (dense,) in self.rows:
                inputs = dense(inputs)
            return inputs

        def compute_output_shape(self, input_shape):
            return input_shape

    return {"Grid": Grid}


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    grid = custom_objects(keras)["Grid"](name="grid")
    return keras.models.Model(inputs, grid(grid(inputs)))
