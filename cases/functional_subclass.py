"""A Model subclass whose constructor builds a functional graph with a shared layer.

Shared: the layer ``shared``, called before and after ``between``. Loading calls the constructor
with the number of units from the config.

Upstream: keras-team/keras#20321
"""


def custom_objects(keras):
    class Sandwich(keras.models.Model):
        """A functional model with a class of its own."""

        def __init__(self, units=4, **kwargs):
            inputs = keras.layers.Input(shape=(units,), name="inputs")
            shared = keras.layers.Dense(units, name="shared")
            between = keras.layers.Dense(units, activation="tanh", name="between")
            super().__init__(inputs, shared(between(shared(inputs))), **kwargs)
            self.units = units

        def get_config(self):
            return {"units": self.units, "name": self.name}

        @classmethod
        def from_config(cls, config, custom_objects=None):
            return cls(**config)

    return {"Sandwich": Sandwich}


def build(keras):
    return custom_objects(keras)["Sandwich"](units=4, name="sandwich")
