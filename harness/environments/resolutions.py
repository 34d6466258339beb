"""Resolutions: what was installed for the requirements of an environment, kept for the next time.

What the index offered at a moment in the past does not change, so an environment can be made again
without asking it. Asking takes longer than linking all files from uv's cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from harness.environments.bytecode_cache import CACHE
from harness.releases.uv_settings import honoured_settings
from harness.util.files import write_atomically

#: Outlives a checkout, as uv's cache does; it may be deleted at any time.
STORE = CACHE / "resolutions"
#: The setting and the variable of places whose content has no dates, and may change.
_UNDATED = frozenset(("find-links", "UV_FIND_LINKS"))


@dataclass(frozen=True)
class Resolution:
    """What was installed, as ``name==version``, and whether metadata forbids it."""

    installed: list[str]
    overridden: bool


def path_of(question: Sequence[str], cutoff: datetime) -> Path | None:
    """Where the resolution of an environment is kept; None if it may be another one tomorrow.

    ``question`` is all that it depends on besides the machine, the index and the ``cutoff``.

    Raises:
        Fault: a file with settings of uv cannot be read.
    """
    settings = honoured_settings()
    variables = {name: value for name, value in os.environ.items() if name.startswith("UV_")}
    names = {*settings, *settings.get("pip", {}), *variables}
    has_undated_places = not _UNDATED.isdisjoint(names)
    if has_undated_places or cutoff >= datetime.now(cutoff.tzinfo):
        return None
    machine = [sys.platform, platform.machine()]
    key = [*question, *machine, cutoff.isoformat(), settings, variables]
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return STORE / f"{digest[:32]}.json"


def load(path: Path | None) -> Resolution | None:
    """The resolution kept in a file; None if there is none, or it cannot be read."""
    if path is None:
        return None
    try:
        return Resolution(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def save(path: Path | None, resolution: Resolution) -> None:
    """Keep a resolution; errors of the file system are ignored, as the index can be asked again."""
    with suppress(OSError):
        if path is not None:
            write_atomically(path, json.dumps(asdict(resolution)))
