"""Reads the package index, and makes a catalogue of what it lists."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if value := os.environ.get(name):
            yield value.rpartition("=")[2] if "=http" in value else value  # uv accepts NAME=URL
    yield from _uv_file_indexes()
    if value := os.environ.get("PIP_INDEX_URL"):
        yield value
    yield from _pip_indexes()


def _uv_file_indexes() -> Iterator[str]:
    config_home = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config"))
    for path in (config_home / "uv" / "uv.toml", Path("/etc/uv/uv.toml")):
        if not path.is_file():
            continue
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        yield from (index["url"] for index in settings.get("index", []) if index.get("default"))
        if url := settings.get("index-url") or settings.get("pip", {}).get("index-url"):
            yield url


def _pip_indexes() -> Iterator[str]:
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        if key.endswith(".index-url"):
            yield value.strip("'\"")
