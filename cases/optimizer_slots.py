"""A compiled model with a shared layer, saved after two training steps with Adam.

Shared: the layer ``shared``, whose weights have one set of moments however often it is called. The
loaded optimizer must have the same number of variables with the same values.

Upstream: tensorflow/tensorflow#44670, keras-team/keras#13027
"""

FORMATS = ("keras", "h5", "savedmodel")


def build(keras):
    import numpy

    inputs = keras.layers.Input(shape=(4,))
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    model = keras.models.Model(inputs, shared(shared(inputs)))
    model.compile(optimizer="adam", loss="mse")
    numbers = numpy.random.RandomState(5).uniform(-1, 1, (4, 4)).astype("float32")
    for _ in range(2):
        model.train_on_batch(numbers, numbers)
    return model


def check(keras, model, loaded):
    import numpy

    assert loaded.optimizer is not None, "optimizer: it did not come back"
    before, after = slots(model.optimizer), slots(loaded.optimizer)
    assert len(before) == len(after), "slots: %d before, %d after" % (len(before), len(after))
    for one, other in zip(before, after):
        assert numpy.allclose(one, other), "slots: values differ"


def slots(optimizer):
    """Return the optimizer's variables as arrays, with the API that the release has."""
    import numpy

    if hasattr(optimizer, "get_weights"):
        return optimizer.get_weights()
    variables = optimizer.variables
    return [numpy.asarray(each) for each in (variables() if callable(variables) else variables)]
