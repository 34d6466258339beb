"""A model that calls a layer which another model only keeps as an attribute.

Shared: the layer ``extra``, owned by the functional subclass ``trunk``, outside of whose graph it
is, and called by the model around it.

Upstream: keras-team/keras#23036
"""

FORMATS = ("weights",)


def build(keras):
    class Trunk(keras.models.Model):
        """A functional model with one layer beside its graph."""

        def __init__(self):
            tensor = keras.layers.Input(shape=(4,), name="trunk_input")
            super().__init__(tensor, keras.layers.Dense(4, name="own")(tensor), name="trunk")
            self.extra = keras.layers.Dense(2, name="extra")

    trunk = Trunk()
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    return keras.models.Model(inputs, trunk.extra(trunk(inputs)))
