"""A compiled model with a shared layer, a loss and a metric.

Shared: the layer ``shared``. The loaded model must be compiled as the saved one was, and must
compute the same loss and the same metric.
"""

FORMATS = ("keras", "h5", "savedmodel")


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    model = keras.models.Model(inputs, shared(shared(inputs)))
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    return model


def check(keras, model, loaded):
    import numpy

    values = numpy.linspace(-1, 1, 16).reshape(4, 4).astype("float32")
    before, after = (
        [float(number) for number in each.evaluate(values, values[::-1], verbose=0)]
        for each in (model, loaded)
    )
    assert len(before) == len(after), "metrics: %d before, %d after" % (len(before), len(after))
    assert numpy.allclose(before, after, 1e-4), "metrics: loss or metric differs"
