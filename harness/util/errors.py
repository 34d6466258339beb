"""The exit codes of the commands, and the exceptions behind them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of all commands; ``docs/usage.md`` documents them, and they do not change."""

    KNOWN = 0  # everything requested is known; failing cells are findings, not failures
    UNKNOWN = 1  # something requested stays unknown, and is tried again next time
    USAGE = 2  # the request cannot be met: an unknown name, an empty selection
    WORSE = 3  # watch: something is worse with a new release; --check: something fails
    INTERRUPTED = 130


class UsageError(Exception):
    """The request names something that does not exist, or selects nothing; the message helps."""


class Fault(Exception):
    """A failure outside the releases (network, disk, index), which is never a finding."""
