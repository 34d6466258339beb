"""Overlays: a folder in which a package has some other files, put in front of the installed one.

Files that stay as they are, and their bytecode, are symbolic links to the sources of the release.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from harness.util.paths import WORK
from harness.util.processes import is_alive

OVERLAYS = WORK / "bisect" / "overlays"
_BYTECODE = "__pycache__"


@dataclass(frozen=True)
class Overlay:
    """The sources of a release below ``root``, with other texts for some of the files.

    ``name`` is the package. ``texts`` has the other texts by file, with None for a file that is
    removed; if it is empty, the overlay is the release itself. ``title`` says to the user what it
    is.
    """

    root: Path
    name: str
    texts: Mapping[str, str | None] = field(default_factory=dict)
    title: str = field(default="", compare=False)

    @cached_property
    def digest(self) -> str:
        """A digest of the release and of the texts."""
        digest = hashlib.sha256(f"{self.root.name}/{self.name}".encode())
        for file, text in sorted(self.texts.items()):
            digest.update(f"\0{file}\0{'removed' if text is None else 'is'}\0{text}".encode())
        return digest.hexdigest()[:16]

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """The folder to import the package from; it is removed afterwards."""
        if not self.texts:
            yield self.root
            return
        OVERLAYS.mkdir(parents=True, exist_ok=True)
        _remove_abandoned()
        target = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=OVERLAYS))
        try:
            self.write_to(target)
            yield target
        finally:
            shutil.rmtree(target, ignore_errors=True)

    def write_to(self, target: Path) -> None:
        """Lay the package out in a folder."""
        self._link(Path(self.name), target)
        for file, text in self.texts.items():
            if text is not None:
                path = target / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")

    def _link(self, folder: Path, target: Path) -> None:
        """Link a folder of the package as a whole, or what stays in it one by one."""
        changed = {Path(file) for file in self.texts}
        if not any(folder in file.parents for file in changed):
            (target / folder).symlink_to(self.root / folder)
            return
        (target / folder).mkdir(parents=True)
        for path in sorted((self.root / folder).iterdir()):
            relative = folder / path.name
            if path.name == _BYTECODE:
                self._link_bytecode(folder, target)
            elif path.is_dir():
                self._link(relative, target)
            elif relative not in changed:
                (target / relative).symlink_to(path)

    def _link_bytecode(self, folder: Path, target: Path) -> None:
        """Link the bytecode of the files that stay.

        That of a changed file must not be found: Python takes two files of the same length and date
        for the same file, and all files of a wheel have one date.
        """
        (target / folder / _BYTECODE).mkdir()
        for path in (self.root / folder / _BYTECODE).iterdir():
            source = str(folder / f"{path.name.partition('.')[0]}.py")
            if source not in self.texts:
                (target / folder / _BYTECODE / path.name).symlink_to(path)


def _remove_abandoned() -> None:
    """Remove the overlays of processes that were killed."""
    for folder in OVERLAYS.iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
