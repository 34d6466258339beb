"""Contract: a saved config that names a layer class that no release has.

This is what a model with a custom layer looks like to someone who does not have its code. The
exception should name the class.
"""

FORMATS = ("keras", "h5", "json")
MUST_REFUSE = ("keras", "h5", "json")


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    first = keras.layers.Dense(4, name="first")
    return keras.models.Model(inputs, keras.layers.Dense(4, name="second")(first(inputs)))


def damage(config):
    """Give the layer ``first`` a class that does not exist."""
    for layer in config["config"]["layers"]:
        if layer["name"] == "first":
            layer["class_name"] = "Nonesuch"
            if "module" in layer:
                layer.update(module="nowhere", registered_name="nowhere>Nonesuch")
    return config
