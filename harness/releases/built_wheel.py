"""A wheel of Keras that somebody has built, as a release that is not on the package index yet."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from harness.releases.catalogue import Release, Wheel, index_name
from harness.util.errors import UsageError


def release_of_wheel(path: Path) -> Release:
    """The release that a wheel would be if it was uploaded now.

    Its version ends with a digest of the file, as in ``3.16.0+w1a2b3c4d5e6f``: so what is stored
    about one wheel is never taken for what another one does.

    Raises:
        UsageError: the file is no wheel of Keras.
    """
    try:
        name, version, _, tags = parse_wheel_filename(path.name)
        requires_python = _requires_python(path)
    except (InvalidWheelFilename, BadZipFile) as problem:
        raise UsageError(f"{path.name} is not a wheel: {problem}") from problem
    except InvalidSpecifier as problem:
        raise UsageError(f"{path.name} has a wrong Requires-Python: {problem}") from problem
    if name != "keras":
        raise UsageError(f"{path.name} is a wheel of {name}, not of keras")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    version = Version(f"{version}{'.' if version.local else '+'}w{digest}")
    now = datetime.now(UTC).replace(microsecond=0)
    return Release(
        package=index_name(name, version),
        version=version,
        uploaded=now,
        completed=now,
        requires_python=requires_python,
        yanked=False,
        wheels=tuple(Wheel(str(tag), path.stat().st_size) for tag in tags),
        file=str(path),
    )


def _requires_python(path: Path) -> SpecifierSet:
    """What the metadata of a wheel say about Python."""
    with ZipFile(path) as wheel:
        names = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        if not names:
            raise UsageError(f"{path.name} is not a wheel: it has no metadata")
        metadata = message_from_bytes(wheel.read(names[0]))
    return SpecifierSet(metadata.get("Requires-Python", ""))
