"""Weights saved, overwritten and loaded back into the same model.

Shared: the layer ``shared``. Training that restores the weights of a checkpoint does the same.
"""

import os


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    between = keras.layers.Dense(4, name="between")
    return keras.models.Model(inputs, shared(between(shared(inputs))))


def save(keras, model, directory):
    path = os.path.join(directory, "model.weights.h5")
    model.save_weights(path)
    model.set_weights([0.0 * weight for weight in model.get_weights()])
    return model, path


def load(keras, saved):
    model, path = saved
    model.load_weights(path)
    return model
