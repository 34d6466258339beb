"""Weights of an HDF5 model file loaded by name into a newly built model.

Shared: the layer ``shared``. It has one name and one entry in the file for both of its calls.
"""

import os


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    between = keras.layers.Dense(4, name="between")
    return keras.models.Model(inputs, shared(between(shared(inputs))))


def save(keras, model, directory):
    path = os.path.join(directory, "model.h5")
    model.save(path)
    return path


def load(keras, saved):
    model = build(keras)
    model.load_weights(saved, by_name=True)
    return model
