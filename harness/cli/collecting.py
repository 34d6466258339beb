"""The garbage collector of a process that holds results: millions of objects, hardly a cycle."""

from __future__ import annotations

import gc

#: New objects after which the collector looks for cycles among them. At its usual 700 it takes
#: nearly half of the time of reading results, and the more of it the more there are.
NEW_OBJECTS = 100_000


def collect_seldom() -> None:
    """Look for cycles that seldom in the rest of this process."""
    gc.set_threshold(NEW_OBJECTS)
