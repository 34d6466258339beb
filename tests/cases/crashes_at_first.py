"""A crash that does not come again."""

import os
import signal


def build(keras):
    mark = __file__ + ".crashed"
    if not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGSEGV)
    inputs = keras.layers.Input(shape=(2,))
    return keras.models.Model(inputs, keras.layers.Dense(1)(inputs))
