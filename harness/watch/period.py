"""The period that a watch covers: the package index at its start and at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path

from filelock import FileLock
from packaging.version import Version

from harness.execution.request import Request
from harness.releases.catalogue import Catalogue, Release
from harness.releases.pypi import read_index
from harness.util.errors import UsageError
from harness.util.files import write_atomically
from harness.util.paths import LOCKS, WORK

#: The catalogue for the sessions of a watch that has read the index.
SESSION_CATALOGUE = WORK / "watch" / "catalogue.json"


@dataclass(frozen=True)
class Period:
    """The states of the index that a watch compares.

    ``committed`` is the catalogue that the repository keeps. ``index`` holds every release known
    now: it is the committed catalogue itself, unless the index was read. ``start`` and ``end`` are
    the index at the start and at the end of the period. ``wheel`` is the version of the Keras that
    was added from a wheel.
    """

    committed: Catalogue
    index: Catalogue
    start: Catalogue
    end: Catalogue
    wheel: Version | None = None

    def request_for_sessions(self, request: Request) -> Request:
        """Return the request, with the catalogue in which its sessions find the new releases."""
        if self.index is self.committed:
            return request
        path = catalogue_with(self.wheel) if self.wheel else SESSION_CATALOGUE
        LOCKS.mkdir(parents=True, exist_ok=True)
        with FileLock(LOCKS / "watch.lock"):
            write_atomically(path, self.index.dumps())
        return replace(request, catalogue=path)


def make_period(
    since: datetime | None,
    until: datetime | None,
    committed: Catalogue,
    read: Callable[[], Catalogue] = read_index,
) -> Period:
    """Return the period from the end of day ``since`` to the end of day ``until``.

    Without ``since`` it starts with the committed catalogue, without ``until`` it ends now. The
    index is read only if the committed catalogue does not cover the period.

    Raises:
        Fault: the index cannot be read.
        UsageError: the period is empty.
    """
    first = _end_of_day(since) if since else None
    last = _end_of_day(until) if until else None
    is_covered = last is not None and last <= committed.written
    if is_covered and first is None:
        raise UsageError(
            f"the catalogue was written on {committed.written:%Y-%m-%d}, after that day: "
            "--until needs --since"
        )
    index = committed if is_covered else read()
    start = index.as_of(first) if first else committed
    end = index.as_of(last) if last else index
    if first and first >= end.written:
        raise UsageError(f"--since {first:%Y-%m-%d} is not before {end.written:%Y-%m-%d}")
    return Period(committed, index, start, end)


def period_of(release: Release, committed: Catalogue) -> Period:
    """Return the period in which this release alone is added to the committed catalogue."""
    index = committed.with_release(release)
    return Period(committed, index, committed, index, release.version)


def catalogue_with(wheel: Version) -> Path:
    """The catalogue for sessions of the Keras that a wheel holds; no other watch replaces it."""
    return SESSION_CATALOGUE.with_name(f"catalogue-{wheel}.json")


def _end_of_day(day: datetime) -> datetime:
    return datetime.combine(day.date(), time.max, UTC)
