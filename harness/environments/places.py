"""Removes what belongs to this machine from the output of tools, which is published as a reason."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.util.paths import ROOT, home_folder

#: The host of a URL, which may be that of a private index.
_HOST = re.compile(r"\bhttps?://[^\s/'\"`<>)\]]+")
#: The random part of the name of a temporary folder of uv.
_TEMPORARY = re.compile(r"(?<=/\.tmp)\w{6}\b")


def without_places(text: str, environment: Path | None = None) -> str:
    """The text without folders of this machine and hosts; ``environment`` is the pair's folder.

    The words are those of ``guest/runner.py``: ``<environment>``, ``<scratch>`` and the like.
    """
    places = dict(_places(environment))
    for place in sorted(places, key=len, reverse=True):  # one can be the beginning of another
        text = re.sub(rf"(?<![\w/.-]){re.escape(place)}(?![\w-])", places[place], text)
    return _TEMPORARY.sub("", _HOST.sub("<host>", text))


def _places(environment: Path | None) -> Iterator[tuple[str, str]]:
    """The folders, as they are and without symbolic links, each with the word for it."""
    folders = {
        Path(tempfile.gettempdir()): "<scratch>",
        ROOT: "<checkout>",
    }
    if (home := home_folder()) is not None:
        folders[home] = "<home>"
    if cache := os.environ.get("UV_CACHE_DIR"):
        folders[Path(cache)] = "<cache>"
    if environment is not None:
        folders[environment] = "<environment>"
        if environment.is_relative_to(ROOT):  # uv writes paths in the working directory so
            yield str(environment.relative_to(ROOT)), "<environment>"
    for folder, word in folders.items():
        if folder != Path(folder.root):
            yield str(folder), word
            yield str(folder.resolve()), word
