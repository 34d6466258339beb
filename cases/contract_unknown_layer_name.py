"""Contract: a saved config in which a call refers to a layer that the config lacks.

No model has such a config; it stands for a damaged or hand-edited file. A release should raise an
exception that names the missing layer.

Upstream: keras-team/keras#22800
"""

FORMATS = ("keras", "json")
MUST_REFUSE = ("keras", "json")
LIMIT = 5


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    first = keras.layers.Dense(4, name="first")
    return keras.models.Model(inputs, keras.layers.Dense(4, name="second")(first(inputs)))


def damage(config):
    """Make the call of ``first`` take its tensor from a layer that is not in the config."""
    for layer in config["config"]["layers"]:
        if layer["name"] == "first":
            layer["inbound_nodes"] = renamed(layer["inbound_nodes"])
    return config


def renamed(value):
    if isinstance(value, dict):
        return {key: renamed(each) for key, each in value.items()}
    if isinstance(value, list):
        if value[:1] == ["inputs"]:
            return ["nobody"] + value[1:]
        return [renamed(each) for each in value]
    return value
