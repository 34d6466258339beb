"""One custom layer called with an optional tensor, and again without it.

Shared: the layer ``adjust``. After loading, the model must still accept None for its optional
input. Releases before Keras 3.4 have no optional inputs.

Upstream: keras-team/keras#20997, keras-team/keras#21818
"""

FORMATS = ("keras", "h5", "weights", "json", "clone")


def applies(keras):
    import inspect

    return "optional" in inspect.signature(keras.layers.Input).parameters


def custom_objects(keras):
    class Adjust(keras.layers.Layer):
        """Scales a tensor and subtracts the other one if it is given."""

        def build(self, *shapes, **more_shapes):
            self.factor = self.add_weight(name="factor", shape=(4,), initializer="ones")

        def call(self, inputs, offset=None):
            scaled = inputs * self.factor
            return scaled if offset is None else scaled - offset

        def compute_output_shape(self, input_shape, *more_shapes):
            return input_shape

    return {"Adjust": Adjust}


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    offset = keras.layers.Input(shape=(4,), name="offset", optional=True)
    adjust = custom_objects(keras)["Adjust"](name="adjust")
    return keras.models.Model([inputs, offset], adjust(adjust(inputs, offset)))


def check(keras, model, loaded):
    import numpy

    values = numpy.ones((2, 4), "float32")
    before, after = (numpy.asarray(each([values, None])) for each in (model, loaded))
    assert numpy.allclose(before, after), "optional: without the input the outputs differ"
