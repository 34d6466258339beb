"""Reads the package index, and makes a catalogue of what it lists."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version
from pypi_simple import (
    PYPI_SIMPLE_ENDPOINT,
    DistributionPackage,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedContentTypeError,
)
from requests import RequestException

from harness.releases.catalogue import PACKAGES, Catalogue, Release, Wheel
from harness.releases.uv_settings import default_index_of, honoured_settings
from harness.util.errors import Fault


def default_index() -> str:
    """The URL of the simple API that the user has configured for uv or pip, or else PyPI's."""
    return next(_configured_indexes(), PYPI_SIMPLE_ENDPOINT)


def read_index(packages: Iterable[str] = PACKAGES, endpoint: str | None = None) -> Catalogue:
    """Ask the index, by default `default_index`, for every release of ``packages``.

    Raises:
        Fault: the index cannot be reached, or does not state upload times (PEP 700).
    """
    releases: list[Release] = []
    with PyPISimple(endpoint or default_index()) as index:
        for package in packages:
            try:
                page = index.get_project_page(package, timeout=60)
            except (RequestException, NoSuchProjectError, UnsupportedContentTypeError) as error:
                raise Fault(f"the package index did not answer for {package}: {error}") from error
            releases.extend(releases_of(package, page.packages))
    return Catalogue(releases, datetime.now(UTC).replace(microsecond=0))


def releases_of(package: str, files: Iterable[DistributionPackage]) -> Iterator[Release]:
    """The releases that the files of a project page belong to.

    A release is complete when its last file has been uploaded, if that was more than a day after
    the first.

    Raises:
        Fault: a file has no upload time, without which no pair can be resolved as of its day.
    """
    by_version: dict[Version, list[DistributionPackage]] = defaultdict(list)
    for file in files:
        try:
            by_version[Version(file.version or "")].append(file)
        except InvalidVersion:
            continue  # older than PEP 440; no current installer can ask for it either
    for version, group in by_version.items():
        times = [file.upload_time for file in group if file.upload_time is not None]
        if len(times) < len(group):
            raise Fault(f"the package index states no upload times for {package} {version}")
        first, last = min(times), max(times)
        yield Release(
            package=package,
            version=version,
            uploaded=first.replace(microsecond=0),
            completed=(last if last - first > timedelta(days=1) else first).replace(microsecond=0),
            requires_python=_specifier(group[-1].requires_python),
            yanked=all(file.is_yanked for file in group),
            wheels=tuple(_wheels(group)),
        )


def _wheels(files: Iterable[DistributionPackage]) -> Iterator[Wheel]:
    for file in sorted(files, key=lambda file: file.filename):
        try:
            parse_wheel_filename(file.filename)
        except InvalidWheelFilename:
            continue
        tag = "-".join(file.filename.removesuffix(".whl").split("-")[-3:])
        yield Wheel(tag, file.size or 0)


def _specifier(text: str | None) -> SpecifierSet:
    try:
        return SpecifierSet(text or "")
    except InvalidSpecifier:
        return SpecifierSet()


def _configured_indexes() -> Iterator[str]:
    """The configured default indexes, those of uv before those of pip."""
    if value := os.environ.get("UV_DEFAULT_INDEX"):
        yield _url_of(value)
    if value := os.environ.get("UV_INDEX_URL"):
        yield value
    if url := default_index_of(honoured_settings()):
        yield url
    if value := os.environ.get("PIP_INDEX_URL"):
        yield value
    yield from _pip_indexes()


def _url_of(index: str) -> str:
    """The URL of an index that uv accepts as ``NAME=URL``, too; a name has no colon.

    >>> _url_of("mine=https://index.invalid/simple?key=a=b")
    'https://index.invalid/simple?key=a=b'
    >>> _url_of("https://index.invalid/simple?key=a=http")
    'https://index.invalid/simple?key=a=http'
    """
    name, _, url = index.partition("=")
    return url if url and ":" not in name else index


def _pip_indexes() -> Iterator[str]:
    command = [sys.executable, "-P", "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        if key.endswith(".index-url"):
            yield value.strip("'\"")
