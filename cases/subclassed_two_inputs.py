"""One subclassed sub-model called on two inputs of a functional model.

Shared: the model ``tower``. Loading makes it by calling its constructor, not by rebuilding a graph.
"""

LIMIT = 5


def custom_objects(keras):
    class Tower(keras.models.Model):
        """Two Dense layers."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.hidden = keras.layers.Dense(5, activation="tanh", name="hidden")
            self.code = keras.layers.Dense(3, name="code")

        def call(self, inputs):
            return self.code(self.hidden(inputs))

        def compute_output_shape(self, input_shape):
            return tuple(input_shape[:-1]) + (3,)

        def get_config(self):
            return {"name": self.name}

        @classmethod
        def from_config(cls, config):
            return cls(**config)

    return {"Tower": Tower}


def build(keras):
    tower = custom_objects(keras)["Tower"](name="tower")
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    joined = keras.layers.Concatenate(name="joined")([tower(left), tower(right)])
    return keras.models.Model([left, right], joined)
