"""Weights of an HDF5 model file loaded by position into a model whose layers have other names.

Shared: the layer ``shared``, which counts once, at the place of its first call.
"""

import os

#: The names differ on purpose, and so would the comparison of structures.
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
