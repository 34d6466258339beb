"""A model compiled with a registered loss class and a registered metric class, after two steps.

At stake: the compiled state without ``custom_objects``: the loss and the metric, each with an
argument of its own in the config, and the optimizer with its moments. Releases before TensorFlow
2.2 have no registry.

Upstream: tensorflow/tensorflow#33646, tensorflow/tensorflow#34068
"""

FORMATS = ("keras", "h5", "savedmodel")

_classes = {}


def applies(keras):
    return decorator(keras) is not None


def decorator(keras):
    name = "register_keras_serializable"
    inside = getattr(keras.utils, "generic_utils", None)
    return getattr(keras.utils, name, getattr(inside, name, None))


def custom_objects(keras):
    """Return no objects, as the loader finds both classes in the registry."""
    registered_classes(keras)
    return {}


def registered_classes(keras):
    """Return the two classes, registered only once however often the model is built."""
    if keras not in _classes:
        register = decorator(keras)
        classes = loss_class(keras), metric_class(keras)
        _classes[keras] = tuple(register("cases")(each) for each in classes)
    return _classes[keras]


def loss_class(keras):
    class ScaledSquare(keras.losses.Loss):
        """The squared difference times a factor."""

        def __init__(self, factor=1.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, y_true, y_pred):
            return (y_true - y_pred) * (y_true - y_pred) * self.factor

        def get_config(self):
            return dict(super().get_config(), factor=self.factor)

    return ScaledSquare


def metric_class(keras):
    class ScaledGap(keras.metrics.Mean):
        """The mean absolute difference times a factor."""

        def __init__(self, factor=1.0, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def update_state(self, y_true, y_pred, sample_weight=None):
            return super().update_state(abs(y_true - y_pred) * self.factor)

        def get_config(self):
            return dict(super().get_config(), factor=self.factor)

    return ScaledGap


def build(keras):
    loss, metric = registered_classes(keras)
    inputs = keras.layers.Input(shape=(3,), name="inputs")
    model = keras.models.Model(inputs, keras.layers.Dense(2, name="last")(inputs))
    model.compile(optimizer="adam", loss=loss(3.0), metrics=[metric(5.0, name="gap")])
    for _ in range(2):
        model.train_on_batch(*batch())
    return model


def batch():
    import numpy

    numbers = numpy.random.RandomState(5)
    return (
        numbers.uniform(-1, 1, (4, 3)).astype("float32"),
        numbers.uniform(-1, 1, (4, 2)).astype("float32"),
    )


def check(keras, model, loaded):
    import numpy

    assert loaded.optimizer is not None, "compiled: it did not come back"
    for what in ("loss", "optimizer"):
        names = [type(getattr(which, what)).__name__ for which in (model, loaded)]
        assert names[0] == names[1], "%s: %s before, %s after" % (what, names[0], names[1])
    before, after = slots(model.optimizer), slots(loaded.optimizer)
    assert len(before) == len(after), "slots: %d before, %d after" % (len(before), len(after))
    assert all(map(numpy.allclose, before, after)), "slots: values differ"
    before, after = (which.evaluate(*batch(), verbose=0) for which in (model, loaded))
    assert len(before) == len(after), "metrics: %d before, %d after" % (len(before), len(after))
    assert numpy.allclose(before, after, 1e-4), "metrics: loss or metric differs"


def slots(optimizer):
    """Return the optimizer's variables as arrays, with the API that the release has."""
    import numpy

    if hasattr(optimizer, "get_weights"):
        return optimizer.get_weights()
    variables = optimizer.variables
    return [numpy.asarray(each) for each in (variables() if callable(variables) else variables)]
