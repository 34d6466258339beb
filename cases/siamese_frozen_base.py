"""A siamese network whose encoder starts with a partly frozen Sequential model.

Shared: the model ``encoder``, called on both inputs. Inside it, ``base`` has one frozen layer, as a
pretrained network has.

Upstream: keras-team/keras#12715
"""


def build(keras):
    frozen = keras.layers.Dense(4, activation="tanh", name="frozen", input_shape=(4,))
    frozen.trainable = False
    base = keras.models.Sequential([frozen, keras.layers.Dense(4, name="tuned")], name="base")
    encoder = keras.models.Sequential([base, keras.layers.Dense(3, name="code")], name="encoder")
    left = keras.layers.Input(shape=(4,), name="left")
    right = keras.layers.Input(shape=(4,), name="right")
    joined = keras.layers.Concatenate(name="joined")([encoder(left), encoder(right)])
    return keras.models.Model([left, right], joined)
