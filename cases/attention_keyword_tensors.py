"""One MultiHeadAttention called twice, its tensors given by keyword.

Shared: the layer ``attention``; its second call takes the first call's result as ``value`` by
keyword, so that the graph has an edge that runs through a keyword argument. Releases before
TensorFlow 2.4 have no such layer.
"""


def applies(keras):
    return hasattr(keras.layers, "MultiHeadAttention")


def build(keras):
    query = keras.layers.Input(shape=(3, 4), name="query")
    memory = keras.layers.Input(shape=(3, 4), name="memory")
    attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=2, name="attention")
    first = attention(query=query, value=memory)
    return keras.models.Model([query, memory], attention(query=query, value=first))
