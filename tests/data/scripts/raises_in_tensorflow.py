import tensorflow as tf

tf.cond(tf.constant(True), lambda: tf.reshape([1, 2, 3], [2]), lambda: tf.constant([0, 0]))
