"""The catalogue: the releases on the package index, kept in the repository for planning offline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.util.errors import Fault
from harness.util.paths import CATALOGUE

#: The name under which the daily builds of each package are published.
NIGHTLY_PACKAGES = {
    "keras": "keras-nightly",
    "tf-keras": "tf-keras-nightly",
    "tensorflow": "tf-nightly-cpu",
}
#: The packages that the catalogue lists.
PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "tf-keras", *NIGHTLY_PACKAGES.values())
SCHEMA = 1


@dataclass(frozen=True)
class Wheel:
    """One built distribution of a release: its compressed tag set and size in bytes."""

    tag: str
    size: int

    @cached_property
    def tags(self) -> frozenset[Tag]:
        """The compressed tag set, expanded into single tags."""
        return parse_tag(self.tag)

    @property
    def on_reference_platform(self) -> bool:
        """Whether the wheel can be installed on x86-64 Linux, whatever its Python."""
        platform = self.tag.rpartition("-")[2]
        return platform == "any" or ("linux" in platform and "x86_64" in platform)


@dataclass(frozen=True)
class Release:
    """One version of one package on the index.

    ``uploaded`` and ``completed`` are the upload times of its first and last file. One that is not
    on the index is installed from ``file``, the path of a wheel.
    """

    package: str
    version: Version
    uploaded: datetime
    completed: datetime
    requires_python: SpecifierSet
    yanked: bool
    wheels: tuple[Wheel, ...]
    file: str = ""

    @property
    def is_stable(self) -> bool:
        """Whether it is not a pre-release or a development build, and has not been yanked."""
        return not (self.version.is_prerelease or self.yanked)

    @property
    def minor(self) -> tuple[int, int]:
        """Its major and minor number, which identify its release branch."""
        return (self.version.major, self.version.minor)

    @cached_property
    def pythons(self) -> frozenset[str]:
        """Minor versions of CPython, as ``"3.11"``, that it has wheels for on x86-64 Linux.

        Empty if its wheels do not depend on the version of CPython.
        """
        interpreters = {
            tag.interpreter
            for wheel in self.wheels
            if wheel.on_reference_platform
            for tag in wheel.tags
        }
        return frozenset(
            f"{name[2]}.{name[3:]}" for name in interpreters if name.startswith("cp") and name[3:]
        )

    def admits(self, python: str) -> bool:
        """Whether its ``requires-python`` allows the newest patch release of ``python``.

        ``python`` is a minor version such as ``"3.11"``.
        """
        return _allows(self.requires_python, python)


class Catalogue:
    """All known releases by package, in the order of their versions.

    ``written`` is when the index was read.
    """

    def __init__(self, releases: Iterable[Release], written: datetime) -> None:
        self.written = written
        self._releases: dict[str, dict[Version, Release]] = {name: {} for name in PACKAGES}
        for release in sorted(releases, key=lambda release: release.version):
            self._releases[release.package][release.version] = release

    @classmethod
    def load(cls, path: Path = CATALOGUE) -> Catalogue:
        """Read a catalogue, by default the one kept in the repository.

        Raises:
            Fault: the file does not hold a catalogue; the message names it.
        """
        try:
            return cls._parsed(path.read_text(encoding="utf-8"))
        except KeyError as error:
            raise Fault(f"{path.name} does not hold a catalogue (it has no {error})") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise Fault(f"{path.name} does not hold a catalogue ({error})") from error

    @classmethod
    def _parsed(cls, text: str) -> Catalogue:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']!r}, expected {SCHEMA}")
        return cls(
            (
                _release(package, version, entry)
                for package, entries in document["packages"].items()
                for version, entry in entries.items()
            ),
            datetime.fromisoformat(document["written"]),
        )

    def as_of(self, moment: datetime) -> Catalogue:
        """The releases uploaded by then; those yanked since then are yanked here, too."""
        earlier = (
            release
            for by_version in self._releases.values()
            for release in by_version.values()
            if release.uploaded <= moment
        )
        return Catalogue(earlier, min(self.written, moment))

    def with_release(self, release: Release) -> Catalogue:
        """This catalogue with one more release."""
        known = (each for by_version in self._releases.values() for each in by_version.values())
        return Catalogue([*known, release], self.written)

    def dumps(self) -> str:
        """The catalogue as JSON, one line a release, so that a diff shows the new releases."""
        packages = ",\n".join(
            _package_text(package, by_version.values())
            for package, by_version in self._releases.items()
        )
        return (
            f'{{"schema": {SCHEMA},\n "written": {json.dumps(self.written.isoformat())},\n'
            f' "packages": {{\n{packages}\n }}\n}}\n'
        )

    def releases(self, package: str) -> Iterator[Release]:
        """Every release of ``package``, lowest version first, including yanked and pre-releases."""
        return iter(self._releases[canonicalize_name(package)].values())

    def stable(self, package: str) -> list[Release]:
        """The stable releases of ``package``, lowest version first."""
        return [release for release in self.releases(package) if release.is_stable]

    def find(self, package: str, version: Version) -> Release | None:
        """The release with exactly this version, or None.

        A development version is looked up among the daily builds of the package.
        """
        return self._releases[index_name(package, version)].get(version)


def index_name(package: str, version: Version) -> str:
    """The name on the index under which this version of a package is published.

    For a development version such as ``3.7.0.dev2024102503``, that is the name of the daily builds.
    """
    name = canonicalize_name(package)
    return NIGHTLY_PACKAGES.get(name, name) if version.is_devrelease else name


@cache
def _allows(requires_python: SpecifierSet, python: str) -> bool:
    """As `Release.admits`; cached, because hundreds of releases share a few specifiers."""
    return requires_python.contains(f"{python}.99", prereleases=True)


def _release(package: str, version: str, entry: Mapping[str, Any]) -> Release:
    uploaded = datetime.fromisoformat(entry["uploaded"])
    completed = entry.get("completed")
    return Release(
        package=package,
        version=Version(version),
        uploaded=uploaded,
        completed=datetime.fromisoformat(completed) if completed else uploaded,
        requires_python=SpecifierSet(entry.get("requires_python", "")),
        yanked=entry.get("yanked", False),
        wheels=tuple(Wheel(tag, size) for tag, size in entry["wheels"].items()),
        file=entry.get("file", ""),
    )


def _package_text(package: str, releases: Iterable[Release]) -> str:
    lines = ",\n".join(
        f"   {json.dumps(str(release.version))}: {json.dumps(_entry(release))}"
        for release in releases
    )
    return f"  {json.dumps(package)}: {{\n{lines}\n  }}"


def _entry(release: Release) -> dict[str, Any]:
    entry: dict[str, Any] = {"uploaded": release.uploaded.isoformat()}
    if release.completed != release.uploaded:
        entry["completed"] = release.completed.isoformat()
    if release.requires_python:
        entry["requires_python"] = str(release.requires_python)
    if release.yanked:
        entry["yanked"] = True
    if release.file:
        entry["file"] = release.file
    entry["wheels"] = {wheel.tag: wheel.size for wheel in release.wheels}
    return entry
