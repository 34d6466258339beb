"""A builder that somebody else kills, as the kernel does when memory runs out."""

import os
import signal


def build(keras):
    os.kill(os.getpid(), signal.SIGKILL)
