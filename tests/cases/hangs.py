"""A model whose layer never comes back from its config."""

import time


def custom_objects(keras):
    class Slow(keras.layers.Dense):
        @classmethod
        def from_config(cls, config):
            while True:
                time.sleep(0.1)

    return {"Slow": Slow}


def build(keras):
    inputs = keras.layers.Input(shape=(2,))
    return keras.models.Model(inputs, custom_objects(keras)["Slow"](2, name="slow")(inputs))
