"""A weights file that lies in the folder where another model is saved and loaded again.

At stake: the file ``model.weights.h5`` beside the model. A release may have a temporary file of
that name, and must not put it in this place.

Upstream: keras-team/keras#19921
"""

import os

FORMATS = ("own",)


def build(keras):
    inputs = keras.layers.Input(shape=(4,), name="inputs")
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")
    return keras.models.Model(inputs, keras.layers.Dense(2, name="last")(hidden(inputs)))


def save(keras, model, directory):
    weights, archive = (os.path.join(directory, n) for n in ("model.weights.h5", "other.keras"))
    model.save_weights(weights)
    build(keras).save(archive)
    return weights, archive


def load(keras, saved):
    weights, archive = saved
    model = keras.models.load_model(archive)
    model.load_weights(weights)
    return model
