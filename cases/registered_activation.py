"""A model with a registered custom activation function, given to a Dense layer.

At stake: the function, of which the config holds nothing but the name. It must be found without
``custom_objects``. Releases before TensorFlow 2.2 have no registry.
"""

_activations = {}


def applies(keras):
    return decorator(keras) is not None


def decorator(keras):
    name = "register_keras_serializable"
    inside = getattr(keras.utils, "generic_utils", None)
    return getattr(keras.utils, name, getattr(inside, name, None))


def custom_objects(keras):
    """Return no objects, as the loader finds the activation in the registry."""
    registered_activation(keras)
    return {}


def registered_activation(keras):
    """Return the activation, registered only once however often the model is built."""
    if keras not in _activations:
        register = decorator(keras)

        @register("cases")
        def tilted_parabola(values):
            return values * values - 0.5 * values

        _activations[keras] = tilted_parabola
    return _activations[keras]


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    hidden = keras.layers.Dense(4, activation=registered_activation(keras), name="hidden")
    return keras.models.Model(inputs, keras.layers.Dense(2, name="last")(hidden(inputs)))
