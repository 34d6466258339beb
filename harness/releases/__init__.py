"""Releases of Keras and TensorFlow, and the pairs that are made of them."""
