"""A builder that leaves the interpreter."""

import os


def build(keras):
    os._exit(7)
