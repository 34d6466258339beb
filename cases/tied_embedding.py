"""An embedding tied to the output projection by a custom layer.

Shared: the matrix of ``embedding``, held by the custom layer ``tied``, which uses it as a lookup on
the way in and transposed on the way out. After loading it must still be one matrix.
"""


def tied_class(keras):
    import tensorflow as tf

    class TiedEmbedding(keras.layers.Layer):
        """Looks tokens up, or with floats as input projects them onto the vocabulary."""

        def __init__(self, vocabulary=8, width=4, **kwargs):
            super(TiedEmbedding, self).__init__(**kwargs)
            self.vocabulary = vocabulary
            self.width = width

        def build(self, input_shape):
            self.matrix = self.add_weight(
                name="matrix", shape=(self.vocabulary, self.width), initializer="uniform"
            )
            super(TiedEmbedding, self).build(input_shape)

        def call(self, inputs):
            if inputs.shape[-1] == self.width:
                return tf.matmul(inputs, tf.transpose(tf.convert_to_tensor(self.matrix)))
            return tf.matmul(inputs, tf.convert_to_tensor(self.matrix))

        def compute_output_shape(self, input_shape):
            last = self.vocabulary if input_shape[-1] == self.width else self.width
            return tuple(input_shape[:-1]) + (last,)

        def get_config(self):
            config = super(TiedEmbedding, self).get_config()
            config.update(vocabulary=self.vocabulary, width=self.width)
            return config

    return TiedEmbedding


def custom_objects(keras):
    return {"TiedEmbedding": tied_class(keras)}


def build(keras):
    tokens = keras.layers.Input(shape=(8,), name="one_hot_tokens")
    tied = tied_class(keras)(name="tied")
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(tied(tokens))
    return keras.models.Model(tokens, tied(hidden))
