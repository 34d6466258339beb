"""Lambda layers that are made in a loop and use its variable, each feeding a shared layer.

Shared: the layer ``shared``, called on each slice. The lambdas are right while the loop runs. Where
a graph keeps what they did, a loaded lambda finds another value of the variable. Where the model
calls them again (Keras 2.4 and later), they are already wrong before saving, and equally wrong
after it. Some releases refuse to load them as unsafe.

Upstream: keras-team/keras#13574, keras-team/keras#13697
"""


def build(keras):
    inputs = keras.layers.Input(shape=(3,))
    shared = keras.layers.Dense(2, activation="tanh", name="shared")
    slices = []
    for i in range(3):
        cut = keras.layers.Lambda(lambda x: x[:, i : i + 1], output_shape=(1,), name="slice_%d" % i)
        slices.append(shared(cut(inputs)))
    return keras.models.Model(inputs, keras.layers.Concatenate(name="joined")(slices))
