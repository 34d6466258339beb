"""Whether this machine has memory and disk to spare."""

from __future__ import annotations

from pathlib import Path

import psutil

#: With this many bytes free, the machine is not the reason for a failure.
ROOM_IN_MEMORY = 1_000_000_000
ROOM_ON_DISK = 500_000_000


def has_room(folder: Path) -> bool:
    """Whether there is memory to spare, and disk on the file system of a folder."""
    memory: int = psutil.virtual_memory().available
    disk: int = psutil.disk_usage(str(folder)).free
    return memory > ROOM_IN_MEMORY and disk > ROOM_ON_DISK
