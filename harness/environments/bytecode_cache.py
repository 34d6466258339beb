"""The bytecode cache: what Python compiled of a distribution, shared by all environments with it.

uv installs sources only, and compiling those of TensorFlow takes longer than importing it. Python
uses a bytecode file only if the size and time stored in it are those of the source. They agree
between environments because uv hard-links one source file into all of them; the cache does the same
with bytecode. An entry holds the bytecode of one distribution in one version.
"""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import metadata
from itertools import islice
from pathlib import Path

from packaging.utils import canonicalize_name, canonicalize_version

from harness.util.paths import WORK, home_folder

_CACHES = os.environ.get("XDG_CACHE_HOME") or (home_folder() or WORK) / ".cache"
#: Outlives a checkout, as uv's cache does; it may be deleted at any time.
CACHE = Path(_CACHES) / "keras-bisect"
STORE = CACHE / "bytecode"
#: Length in bytes of a bytecode file's header, which identifies the source (PEP 552).
_HEADER_SIZE = 16
#: How many folders of a distribution are looked into to tell whether its bytecode is current. One
#: would do: uv unpacks all sources of a distribution at once, and their times change together.
_SAMPLE = 8


def restore(packages: Path, installed: Iterable[str]) -> None:
    """Put the cached bytecode of the installed distributions into a ``site-packages`` folder.

    Errors of the file system are ignored: another process may be deleting the cache, and an
    environment works without it.
    """
    for pinned in installed:
        entry = _entry(packages, pinned)
        with suppress(OSError):
            _restore_entry(entry, packages)


def has(packages: Path, pinned: str) -> bool:
    """Whether the bytecode of an installed distribution is cached and, by a sample, current."""
    folders = list(islice(_cached_folders(_entry(packages, pinned), packages), _SAMPLE))
    return bool(folders) and all(
        _is_bytecode_of(f"{folder}/{names[0]}", target.parent / f"{names[0].partition('.')[0]}.py")
        for folder, target, names in folders
    )


def save(packages: Path, loaded: Iterable[str]) -> None:
    """Cache the bytecode of the distributions that were loaded, unless it is cached already.

    ``packages`` is the ``site-packages`` folder that they were loaded from, and ``loaded`` names
    them as ``name==version``.
    """
    missing = {
        entry
        for entry in (_entry(packages, pinned) for pinned in loaded)
        if not _is_current(entry, packages)
    }
    if not missing:
        return
    for distribution in metadata.distributions(path=[str(packages)]):
        entry = _entry(packages, f"{distribution.metadata['Name']}=={distribution.version}")
        if entry in missing and (bytecode := list(_bytecode_of(distribution, packages))):
            _replace_entry(entry, packages, bytecode)


def canonical_pin(pinned: str) -> str:
    """``name==version`` with both in their normalized spelling."""
    name, _, version = pinned.partition("==")
    return f"{canonicalize_name(name)}=={canonicalize_version(version, strip_trailing_zero=False)}"


def _entry(packages: Path, pinned: str) -> Path:
    """The folder that caches a distribution, separately for each minor version of Python."""
    return STORE / packages.parent.name / canonical_pin(pinned)


def _restore_entry(entry: Path, packages: Path) -> None:
    for folder, target, names in _cached_folders(entry, packages):
        if target.parent.is_dir():
            target.mkdir(exist_ok=True)
            for name in names:
                _link_or_copy(f"{folder}/{name}", f"{target}/{name}")


def _is_current(entry: Path, packages: Path) -> bool:
    """Whether an entry exists, and all of it was compiled from what is installed."""
    folders = list(_cached_folders(entry, packages))
    return bool(folders) and all(
        _have_same_header(f"{folder}/{name}", f"{target}/{name}")
        for folder, target, names in folders
        for name in names
    )


def _cached_folders(entry: Path, packages: Path) -> Iterator[tuple[Path, Path, list[str]]]:
    """The folders of an entry that hold bytecode, where they belong, and the names of the files.

    There are thousands of files, for which paths as objects would take seconds.
    """
    for folder, _, names in os.walk(entry):
        if names:
            yield Path(folder), packages / Path(folder).relative_to(entry), names


def _bytecode_of(distribution: metadata.Distribution, packages: Path) -> Iterator[Path]:
    """The bytecode files of a distribution's modules, relative to ``packages``."""
    for file in distribution.files or ():
        if file.suffix == ".py" and ".." not in file.parts:
            folder = (packages / file).parent
            for bytecode in folder.glob(f"__pycache__/{file.stem}.cpython-*.pyc"):
                yield bytecode.relative_to(packages)


def _replace_entry(entry: Path, packages: Path, bytecode: Iterable[Path]) -> None:
    """Replace an entry as a whole by the given files of ``packages``."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".", dir=entry.parent))
    for file in bytecode:
        (new / file).parent.mkdir(parents=True, exist_ok=True)
        _link_or_copy(str(packages / file), str(new / file))
    shutil.rmtree(entry, ignore_errors=True)
    try:
        new.rename(entry)
    except OSError:  # another process has just made the entry
        shutil.rmtree(new)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        pass  # it is there, or another process has just made it
    except OSError:  # they are on different file systems
        shutil.copyfile(source, target)


def _is_bytecode_of(bytecode: str, source: Path) -> bool:
    """Whether Python would use a bytecode file: its header has the time and size of the source."""
    try:
        found = source.stat()
        header = _header(bytecode)
    except FileNotFoundError:
        return False
    expected = struct.pack("<LL", int(found.st_mtime) & 0xFFFFFFFF, found.st_size & 0xFFFFFFFF)
    return header[8:] == expected


def _have_same_header(one: str, other: str) -> bool:
    try:
        return _header(one) == _header(other)
    except FileNotFoundError:
        return False


def _header(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(_HEADER_SIZE)
