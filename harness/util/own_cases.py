"""The folders of cases that a process works with: those of the library, or a team's own.

A process works with one choice of folders. Everything that is stored about own cases lies in a
folder of its own, so that it never mixes with what is published. The choice is in an environment
variable, which the sessions that a command starts inherit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

#: Set to the chosen folders, with `os.pathsep` between them.
CASES_VARIABLE = "KERAS_BISECT_CASES"
#: Stands for the folder of the library.
LIBRARY = "library"


def chosen_folders(library: Path) -> list[Path]:
    """The folders that are chosen; without a choice, that of the library alone."""
    names = os.environ.get(CASES_VARIABLE, LIBRARY).split(os.pathsep)
    return [library if name == LIBRARY else Path(name) for name in names]


def as_choice(folders: Iterable[str]) -> str:
    """The value of the variable that chooses these folders, each once and in a fixed order."""
    whole = {name if name == LIBRARY else str(Path(name).resolve()) for name in folders}
    return os.pathsep.join(sorted(whole))


def name_of(folders: Sequence[Path]) -> str:
    """A short name for a choice of folders, in which the name of the first can be read."""
    digest = hashlib.sha256(os.pathsep.join(map(str, folders)).encode()).hexdigest()[:8]
    return f"{folders[0].name}-{digest}"
