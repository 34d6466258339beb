"""Bytecode: what Python compiled of a distribution, kept for every environment that has the same.

uv installs sources alone, and compiling those of TensorFlow takes longer than importing it. Python
takes bytecode only where size and time of the source are those it was made of; uv gives one file to
all environments, by hard link, and so does this.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name, canonicalize_version

#: Outlives a checkout, as uv's cache does; it may be deleted at any time.
STORE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keras-bisect/bytecode"
#: Bytes that say what a file of bytecode was made of.
_HEADER = 16


def restore(packages: Path, installed: Iterable[str]) -> None:
    """Put into a ``site-packages`` what is kept of its distributions.

    Somebody may be removing it, and an environment needs none.
    """
    for shelf in (_shelf(packages, each) for each in installed):
        with suppress(OSError):
            for kept in shelf.rglob("*.pyc"):
                target = packages / kept.relative_to(shelf)
                if target.parent.parent.is_dir() and not target.exists():
                    target.parent.mkdir(exist_ok=True)
                    _place(kept, target)


def save(packages: Path, loaded: Iterable[str]) -> None:
    """Keep the bytecode of the distributions that were loaded, where it is not kept yet."""
    shelves = (_shelf(packages, each) for each in loaded)
    new = {shelf for shelf in shelves if not _is_kept(packages, shelf)}
    for each in metadata.distributions(path=[str(packages)]) if new else ():
        shelf = _shelf(packages, f"{each.metadata['Name']}=={each.version}")
        made = list(_made(packages, each)) if shelf in new else []
        if made:
            _shelve(packages, made, shelf)


def canonical_pin(pinned: str) -> str:
    """A distribution as ``name==version``, however it spells the two itself."""
    name, _, version = pinned.partition("==")
    return f"{canonicalize_name(name)}=={canonicalize_version(version, strip_trailing_zero=False)}"


def _shelf(packages: Path, pinned: str) -> Path:
    """Where the bytecode of a version is kept, apart for each minor version of Python."""
    return STORE / packages.parent.name / canonical_pin(pinned)


def _is_kept(packages: Path, shelf: Path) -> bool:
    """Whether there is a shelf, and all that is on it was made of what is installed."""
    kept = list(shelf.rglob("*.pyc"))
    return bool(kept) and all(_is_same(each, packages / each.relative_to(shelf)) for each in kept)


def _made(packages: Path, distribution: metadata.Distribution) -> Iterator[Path]:
    """The bytecode that there is of the modules of a distribution, relative to ``packages``."""
    for file in distribution.files or ():
        if file.suffix == ".py" and ".." not in file.parts:
            for found in (packages / file).parent.glob(f"__pycache__/{file.stem}.cpython-*.pyc"):
                yield found.relative_to(packages)


def _shelve(packages: Path, files: Iterable[Path], shelf: Path) -> None:
    """Replace a shelf as a whole."""
    shelf.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".", dir=shelf.parent))
    for file in files:
        (new / file).parent.mkdir(parents=True, exist_ok=True)
        _place(packages / file, new / file)
    shutil.rmtree(shelf, ignore_errors=True)
    try:
        new.rename(shelf)
    except OSError:  # somebody else was faster
        shutil.rmtree(new)


def _place(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        pass  # somebody else was faster
    except OSError:  # another file system
        shutil.copyfile(source, target)


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and _header(one) == _header(other)


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER)
