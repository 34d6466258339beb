"""The model of issue 20307 rewritten as a subclassed model.

Shared: the Dense layer in ``first``, called twice inside ``call``. A subclassed model has no graph
to rebuild; loading calls its constructor.

Upstream: keras-team/keras#20307
"""

FORMATS = ("keras", "weights", "savedmodel", "export")


def custom_objects(keras):
    class Sandwich(keras.models.Model):
        """Applies one layer before and after another."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = keras.layers.Dense(4, name="first")
            self.between = keras.layers.Dense(4, activation="tanh", name="between")

        def call(self, inputs):
            return self.first(self.between(self.first(inputs)))

        def get_config(self):
            return {"name": self.name}

        @classmethod
        def from_config(cls, config):
            return cls(**config)

    return {"Sandwich": Sandwich}


def build(keras):
    model = custom_objects(keras)["Sandwich"](name="sandwich")
    model.predict_on_batch(inputs(None))
    return model


def inputs(numbers):
    import numpy

    return numpy.arange(16, dtype="float32").reshape(4, 4) / 16
