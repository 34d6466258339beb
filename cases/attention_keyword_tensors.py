"""One MultiHeadAttention layer called twice, its tensors passed as keyword arguments.

Shared: the layer ``attention``. Its second call takes the result of the first as the keyword
argument ``value``, so one edge of the graph runs through a keyword argument. TensorFlow releases
before 2.4 do not have this layer.
"""


def applies(keras):
    return hasattr(keras.layers, "MultiHeadAttention")


def build(keras):
    query = keras.layers.Input(shape=(3, 4), name="query")
    memory = keras.layers.Input(shape=(3, 4), name="memory")
    attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=2, name="attention")
    first = attention(query=query, value=memory)
    return keras.models.Model([query, memory], attention(query=query, value=first))
