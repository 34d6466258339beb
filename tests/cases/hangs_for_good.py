"""A builder that never ends and lets nothing interrupt it."""

import time


def build(keras):
    while True:
        try:
            time.sleep(0.1)
        except BaseException:
            pass
