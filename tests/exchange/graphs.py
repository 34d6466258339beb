"""SavedModel folders that real releases have written: some of them twice, in two processes."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import DATA

FOLDER = DATA / "graphs"
EXPORTED = "keras-3.15.1_tensorflow-2.21.0_py3.11/dense_twice/export"
SAVED_MODEL = "keras-2.15.0_tensorflow-2.15.0_py3.11/dense_twice/savedmodel"
#: The same model by two releases, which exchange the order of operations.
OLDER = "keras-3.13.2_tensorflow-2.20.0_py3.11/tied_embedding/export"
NEWER = "keras-3.15.1_tensorflow-2.21.0_py3.11/tied_embedding/export"


def first(folder: str) -> Path:
    """The kept folder of a process that had saved many other models before."""
    return FOLDER / "first" / folder


def again(folder: str) -> Path:
    """The kept folder of another process, for the writers that have written twice."""
    return FOLDER / "again" / folder


def inside(kept: Path) -> Path:
    """The SavedModel folder in a kept folder."""
    (found,) = (path for path in kept.iterdir() if path.is_dir())
    return found
