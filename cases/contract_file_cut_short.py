"""Contract: a truncated file, such as an interrupted copy leaves behind.

A release should raise an exception. Which exception it is, and whether it names the file, differs
between releases.
"""

import os

FORMATS = ("keras", "h5", "weights")
MUST_REFUSE = ("keras", "h5", "weights")


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    first = keras.layers.Dense(4, name="first")
    return keras.models.Model(inputs, keras.layers.Dense(4, name="second")(first(inputs)))


def damage_file(path):
    """Keep the first half of the file."""
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) // 2)
