"""Contract: a saved config in which one node index points past the end.

No model has such a config; it stands for a damaged or hand-edited file. A release should raise an
exception that says so. Keras 2 and several releases from 3.7.0 on put the node back on the queue
for ever instead.

Upstream: keras-team/keras#20307, keras-team/keras#22800
"""

FORMATS = ("keras", "json")
MUST_REFUSE = ("keras", "json")
LIMIT = 5


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    shared = keras.layers.Dense(4, name="shared")
    return keras.models.Model(inputs, keras.layers.Dense(2, name="last")(shared(shared(inputs))))


def damage(config):
    """Make every reference to the second call of ``shared`` refer to a hundredth call.

    A reference is a list that starts with layer name, node index and tensor index, wherever a
    release keeps it in the config. The model's own list of outputs names ``last`` and stays as it
    is.
    """
    if isinstance(config, dict):
        return {key: damage(value) for key, value in config.items()}
    if isinstance(config, list):
        if len(config) >= 3 and config[:2] == ["shared", 1]:
            return ["shared", 99] + config[2:]
        return [damage(value) for value in config]
    return config
