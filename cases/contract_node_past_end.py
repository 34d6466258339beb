"""Contract: a saved config in which one node index points past the end.

No model has such a config; it stands for a damaged or hand-edited file. What a release owes is an
exception that says so. Keras 2 and several releases from 3.7.0 on put the node back on the queue
for ever.

Upstream: keras-team/keras#20307, keras-team/keras#22800
"""

FORMATS = ("keras", "json")
LIMIT = 5


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    shared = keras.layers.Dense(4, name="shared")
    return keras.models.Model(inputs, keras.layers.Dense(2, name="last")(shared(shared(inputs))))


def damage(config):
    """Let every reference to the second call of ``shared`` name its hundredth.

    A reference is a list that starts with layer name, node index and tensor index, wherever the
    config of a release keeps it; the model's own list of outputs is left alone.
    """
    if isinstance(config, dict):
        return {key: damage(value) for key, value in config.items()}
    if isinstance(config, list):
        if len(config) >= 3 and config[:2] == ["shared", 1]:
            return ["shared", 99] + config[2:]
        return [damage(value) for value in config]
    return config
