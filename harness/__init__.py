"""Runs save/load cases on real Keras/TensorFlow pairs and says where a behaviour came in.

The way of the data, one module per arrow, imports only pointing back along it::

    catalogue -> pairs -> environments -> probe -> results -> table -> changes -> views -> report

``guest`` is what runs inside a pair's environment, and imports none of the rest.
"""
