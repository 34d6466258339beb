"""A frozen Dense layer called twice, followed by a trainable one.

Shared: the layer ``frozen``. It must come back frozen, or the next training step changes it.
"""


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    frozen = keras.layers.Dense(4, activation="tanh", name="frozen", trainable=False)
    last = keras.layers.Dense(2, name="last")
    return keras.models.Model(inputs, last(frozen(frozen(inputs))))


def check(keras, model, loaded):
    before, after = len(model.trainable_weights), len(loaded.trainable_weights)
    assert before == after, "trainable: %d weights before, %d after" % (before, after)
