"""A compiled model whose loss is a registered custom function.

At stake: the loss. The loaded model must be compiled with it, without ``custom_objects``. Releases
before TensorFlow 2.2 have no registry.

Upstream: keras-team/keras#20806
"""

FORMATS = ("keras", "h5", "savedmodel")

_losses = {}


def applies(keras):
    return decorator(keras) is not None


def decorator(keras):
    name = "register_keras_serializable"
    inside = getattr(keras.utils, "generic_utils", None)
    return getattr(keras.utils, name, getattr(inside, name, None))


def custom_objects(keras):
    """Return no objects, as the loader finds the loss in the registry."""
    registered_loss(keras)
    return {}


def registered_loss(keras):
    """Return the loss, registered only once however often the model is built."""
    if keras not in _losses:
        register = decorator(keras)

        @register("cases")
        def half_square(truth, guess):
            return (truth - guess) * (truth - guess) * 0.5

        _losses[keras] = half_square
    return _losses[keras]


def build(keras):
    inputs = keras.layers.Input(shape=(3,), name="inputs")
    model = keras.models.Model(inputs, keras.layers.Dense(2, name="last")(inputs))
    model.compile(optimizer="sgd", loss=registered_loss(keras))
    return model


def check(keras, model, loaded):
    import numpy

    assert loaded.optimizer is not None, "compiled: it did not come back"
    names = [getattr(which.loss, "__name__", which.loss) for which in (model, loaded)]
    assert names[0] == names[1], "loss: %s before, %s after" % tuple(names)
    inputs, targets = numpy.ones((4, 3), "float32"), numpy.zeros((4, 2), "float32")
    losses = [which.evaluate(inputs, targets, verbose=0) for which in (model, loaded)]
    assert numpy.allclose(*losses, rtol=1e-4), "loss: another value"
