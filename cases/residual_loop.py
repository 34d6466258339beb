"""One Dense layer called in a loop, each result added to the running sum.

Shared: the layer ``step``, called three times. Every later call waits for an addition, which waits
for the call before it.

Upstream: keras-team/keras#6481, keras-team/keras#7041
"""


def build(keras):
    running = inputs = keras.layers.Input(shape=(4,))
    step = keras.layers.Dense(4, activation="tanh", name="step")
    for turn in range(3):
        running = keras.layers.Add(name="add_%d" % turn)([step(running), running])
    return keras.models.Model(inputs, running)
