"""An embedding tied to the output projection by a custom layer.

Shared: the matrix of ``tied``. On the way in, the layer looks tokens up in it; on the way out, the
layer multiplies by its transpose. After loading there must still be only one matrix. The second
call waits for ``hidden``, as in issue 20307.

Upstream: keras-team/keras#18419
"""


def custom_objects(keras):
    import tensorflow as tf

    class TiedEmbedding(keras.layers.Layer):
        """Looks up integer tokens; projects floats onto the vocabulary."""

        def __init__(self, vocabulary=8, width=4, **kwargs):
            super().__init__(**kwargs)
            self.vocabulary = vocabulary
            self.width = width

        def build(self, input_shape):
            self.matrix = self.add_weight(
                name="matrix", shape=(self.vocabulary, self.width), initializer="uniform"
            )
            super().build(input_shape)

        def call(self, inputs):
            matrix = tf.convert_to_tensor(self.matrix)
            if "int" in str(inputs.dtype):
                return tf.gather(matrix, inputs)
            return tf.tensordot(inputs, tf.transpose(matrix), [[2], [0]])

        def compute_output_shape(self, input_shape):
            if len(input_shape) == 2:
                return tuple(input_shape) + (self.width,)
            return tuple(input_shape[:-1]) + (self.vocabulary,)

        def get_config(self):
            config = super().get_config()
            config.update(vocabulary=self.vocabulary, width=self.width)
            return config

    return {"TiedEmbedding": TiedEmbedding}


def build(keras):
    tokens = keras.layers.Input(shape=(3,), dtype="int32", name="tokens")
    tied = custom_objects(keras)["TiedEmbedding"](name="tied")
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(tied(tokens))
    return keras.models.Model(tokens, tied(hidden))
