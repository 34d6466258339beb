"""What a failed installation means: a finding about the pair, or a fault outside the releases."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from harness.environments.interpreters import NoEnvironment
from harness.environments.places import without_places
from harness.environments.uv import last_lines
from harness.util.errors import Fault

_BUILD_FAILED = re.compile(r"Failed to (download and )?build\b")
#: What uv adds to "No solution found" when it is the index that is at fault: it lacks a release
#: that the catalogue lists, or does not answer.
_INDEX_AT_FAULT = re.compile(
    r"not found in the (package registry|cache)"
    r"|there is no version of (keras|tf-keras|tensorflow)(?![\w-])"
    r"|Forbidden|Unauthorized|network (connectivity )?(was|is) disabled",
    re.IGNORECASE,
)
#: What uv and build backends write when the machine or the network is at fault.
_MACHINE_AT_FAULT = re.compile(
    r"No space left|os error 28|Disk quota|Permission denied|Failed to fetch|timed? ?out"
    r"|Failed to download distribution|error sending request|dns error|Temporary failure"
    r"|Connection|HTTP status",
    re.IGNORECASE,
)


def failure_from(text: str, environment: Path) -> Exception:
    """The exception for a failed installation, judged by what uv wrote to standard error.

    It is a `NoEnvironment` only if the releases are certainly the cause: their requirements
    contradict each other, or a source distribution does not build. Its reason is published, and
    names no folder of this machine. Everything else is a `Fault`.
    """
    if is_unresolvable(text):
        return NoEnvironment("unresolvable", without_places(last_lines(text), environment))
    if _BUILD_FAILED.search(text) and not _MACHINE_AT_FAULT.search(text):
        return NoEnvironment("install-error", without_places(last_lines(text), environment))
    return Fault(last_lines(text))


def is_unresolvable(text: str) -> bool:
    """Whether uv reports that the requirements contradict each other."""
    return "No solution found" in text and not _INDEX_AT_FAULT.search(text)


def failed_to_build(attempt: subprocess.CompletedProcess[str]) -> bool:
    """Whether a run of uv failed because it could not build a source distribution."""
    return attempt.returncode != 0 and _BUILD_FAILED.search(attempt.stderr) is not None
