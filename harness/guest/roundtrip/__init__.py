"""Saves and loads models inside an environment: one case in one format at a time.

The modules of this package need Python 3.6 or newer, its standard library, Keras and NumPy, and
import nothing else of this project. From the bottom up: ``exceptions`` (as data), ``models``
(build, predict, train), ``comparison`` (of a loaded model with the saved one), ``formats`` (to disk
and back), ``saved_files`` (kept for other releases), ``cells`` (one after the other).
"""
