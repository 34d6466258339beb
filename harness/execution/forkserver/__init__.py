"""Nurseries: TensorFlow is imported once, and the processes of many pairs are forked from there."""
