"""A registered custom layer called twice and loaded without ``custom_objects``.

Shared: the layer ``scale``. Releases before Keras 2.4 have no registry. From 2.6 to 2.10 the
decorator is not public in ``keras.utils``, only in ``tf.keras.utils``.
"""

_classes = {}


def applies(keras):
    return decorator(keras) is not None


def decorator(keras):
    name = "register_keras_serializable"
    inside = getattr(keras.utils, "generic_utils", None)
    return getattr(keras.utils, name, getattr(inside, name, None))


def custom_objects(keras):
    """Return no objects, as the loader finds the class in the registry."""
    scale_class(keras)
    return {}


def scale_class(keras):
    """Return the class, registered only once however often the model is built."""
    if keras not in _classes:
        _classes[keras] = registered(keras)
    return _classes[keras]


def registered(keras):
    register = decorator(keras)

    @register("cases")
    class RegisteredScale(keras.layers.Layer):
        """Multiplies by a trained factor and adds one."""

        def build(self, input_shape):
            self.factor = self.add_weight(name="factor", shape=(4,), initializer="ones")
            super().build(input_shape)

        def call(self, inputs):
            return inputs * self.factor + 1.0

        def compute_output_shape(self, input_shape):
            return input_shape

    return RegisteredScale


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    scale = scale_class(keras)(name="scale")
    return keras.models.Model(inputs, keras.layers.Dense(4, name="last")(scale(scale(inputs))))
