"""The ways a run can end, and the exceptions that stand for them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; documented in ``docs/usage.md`` and kept."""

    KNOWN = 0  # everything asked for is known; failing cells are findings, not failures
    UNKNOWN = 1  # something asked for stays unknown, and is tried again next time
    USAGE = 2  # the request itself cannot be met: unknown name, empty selection
    WORSE = 3  # of watch: something is worse with a new release
    INTERRUPTED = 130


class UsageError(Exception):
    """What was asked for does not exist or is empty; the message says what is near to it."""


class Fault(Exception):
    """A failure outside the releases (network, disk, index); it is never a finding."""
