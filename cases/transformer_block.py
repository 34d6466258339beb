"""A transformer block: self-attention, layer normalization and a feed-forward network.

At stake: the projections inside the attention layer, which it creates itself and which have the
same shapes. Releases before TensorFlow 2.4 and Keras 2.6 do not have this layer.
"""


def applies(keras):
    return hasattr(keras.layers, "MultiHeadAttention")


def build(keras):
    tokens = keras.layers.Input(shape=(5, 4), name="tokens")
    attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=2, name="attention")
    attended = keras.layers.Add(name="attended")([tokens, attention(tokens, tokens)])
    normal = keras.layers.LayerNormalization(name="normal")(attended)
    hidden = keras.layers.Dense(8, activation="relu", name="hidden")(normal)
    forward = keras.layers.Dense(4, name="forward")(hidden)
    added = keras.layers.Add(name="added")([normal, forward])
    return keras.models.Model(tokens, keras.layers.LayerNormalization(name="last")(added))
