"""Saved files that three Keras releases have written: one case in each format."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.exchange.saved_files import SavedFile, kept_files
from tests.conftest import DATA

FOLDER = DATA / "saved"
CASE = "dense_twice"
CODES = {CASE: "0123456789abcdef"}


def saved_files() -> list[SavedFile]:
    """All of them: three writers, four formats."""
    return list(kept_files(FOLDER))


def saved_by(keras: str, format_name: str) -> SavedFile:
    """The file of one release in one format."""
    (found,) = (
        saved
        for saved in saved_files()
        if (str(saved.writer.keras), saved.format) == (keras, format_name)
    )
    return found


def copied(saved: SavedFile, folder: Path) -> Path:
    """A copy of the folder of a saved file, to be altered."""
    return Path(shutil.copytree(saved.folder, folder / "copy"))
