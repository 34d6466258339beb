"""A builder whose process is stopped: nothing inside it can end it any more."""

import os
import signal


def build(keras):
    os.kill(os.getpid(), signal.SIGSTOP)
