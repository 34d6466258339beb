"""A Sequential model to which the same layer is added twice.

Shared: the layer ``shared``. Some releases refuse it because the name is not unique. Where the
model can be built, it must come back with one layer in two places.
"""


def build(keras):
    shared = keras.layers.Dense(4, activation="tanh", name="shared", input_shape=(4,))
    model = keras.models.Sequential(name="twice")
    model.add(shared)
    model.add(keras.layers.Activation("sigmoid", name="between"))
    model.add(shared)
    return model
