"""Weights of an HDF5 model file loaded by position into a model with other layer names.

Shared: the layer ``shared``. It counts once, at the position of its first call.
"""

import os

#: The layer names differ on purpose, and a comparison of structures would report that.
COMPARES_STRUCTURE = False


def build(keras, prefix=""):
    inputs = keras.layers.Input(shape=(4,), name=prefix + "inputs")
    shared = keras.layers.Dense(4, activation="tanh", name=prefix + "shared")
    between = keras.layers.Dense(4, name=prefix + "between")
    return keras.models.Model(inputs, shared(between(shared(inputs))))


def save(keras, model, directory):
    path = os.path.join(directory, "model.h5")
    model.save(path)
    return path


def load(keras, saved):
    model = build(keras, prefix="other_")
    model.load_weights(saved)
    return model
