"""A subclass of Model that builds a functional graph in its constructor, with a shared layer in it.

Shared: the layer ``shared``, called before and after ``between``. The model is made again by its
constructor, from the units in its config.

Upstream: keras-team/keras#20321
"""


def custom_objects(keras):
    class Sandwich(keras.models.Model):
        """A functional model of a class of its own."""

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
