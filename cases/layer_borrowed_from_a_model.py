"""A model that calls a layer which another model only holds as an attribute.

Shared: the layer ``extra``. The functional subclass ``trunk`` owns it but does not have it in its
graph; the model around ``trunk`` calls it.

Upstream: keras-team/keras#23036
"""

FORMATS = ("weights",)


def build(keras):
    class Trunk(keras.models.Model):
        """A functional model that holds one layer outside its graph."""

        def __init__(self):
            tensor = keras.layers.Input(shape=(4,), name="trunk_input")
            super().__init__(tensor, keras.layers.Dense(4, name="own")(tensor), name="trunk")
            self.extra = keras.layers.Dense(2, name="extra")

    trunk = Trunk()
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    return keras.models.Model(inputs, trunk.extra(trunk(inputs)))
