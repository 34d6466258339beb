"""What a failed installation means: a finding about the pair, or a fault outside the releases."""

from __future__ import annotations

import re

from harness.environments.interpreters import NoEnvironment
from harness.environments.uv import last_lines
from harness.util.errors import Fault

NOT_BUILT = re.compile(r"Failed to (download and )?build\b")
#: What uv says beside "No solution found" when the index is at fault: the catalogue knows that the
#: releases are there.
_INDEX_AT_FAULT = re.compile(
    r"not found in the (package registry|cache)|there is no version of (keras|tf-keras|tensorflow)"
    r"|Forbidden|Unauthorized|network (connectivity )?(was|is) disabled",
    re.IGNORECASE,
)
#: What uv and build backends say when the machine or the network is at fault.
_MACHINE_AT_FAULT = re.compile(
    r"No space left|os error 28|Disk quota|Permission denied|Failed to fetch|timed? ?out"
    r"|Failed to download distribution|error sending request|dns error|Temporary failure"
    r"|Connection|HTTP status",
    re.IGNORECASE,
)


def failure_from(text: str) -> Exception:
    """What an installation that failed comes to, told by what uv wrote.

    A finding only where the releases are surely the reason: their requirements contradict each
    other, or a source distribution does not build. Everything else is a fault.
    """
    if is_unresolvable(text):
        return NoEnvironment("unresolvable", last_lines(text))
    if NOT_BUILT.search(text) and not _MACHINE_AT_FAULT.search(text):
        return NoEnvironment("install-error", last_lines(text))
    return Fault(last_lines(text))


def is_unresolvable(text: str) -> bool:
    """Whether uv says that the requirements contradict each other."""
    return "No solution found" in text and not _INDEX_AT_FAULT.search(text)
