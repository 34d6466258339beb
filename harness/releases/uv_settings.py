"""The user's settings of uv that say where packages come from; all others are ignored.

uv reads the file that ``UV_CONFIG_FILE`` names, or else those of the project, the user and the
system, of which an earlier one takes precedence. Its other settings (resolution, constraints,
overrides, pre-releases and so on) would give a pair another environment than everybody else's.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.util.errors import Fault
from harness.util.paths import ROOT, home_folder

_INDEX = (
    "index", "index-url", "extra-index-url", "no-index", "find-links", "index-strategy",
    "keyring-provider",
)  # fmt: skip
_NETWORK = (
    "http-proxy", "https-proxy", "no-proxy", "allow-insecure-host", "system-certs", "native-tls",
    "offline", "concurrent-downloads", "concurrent-builds", "concurrent-installs",
)  # fmt: skip
_CACHE = ("cache-dir", "no-cache", "link-mode")
_PYTHONS = (
    "python-preference", "python-downloads", "python-install-mirror", "python-downloads-json-url",
)  # fmt: skip
#: The settings that are honoured.
HONOURED = frozenset((*_INDEX, *_NETWORK, *_CACHE, *_PYTHONS))
#: The one setting of an index that is ignored: a cut-off of its own.
_IGNORED_OF_INDEX = "exclude-newer"
#: The settings that can be paths, which are relative to the folder of their file.
_PLACES = ("index-url", "extra-index-url", "find-links", "url")


def honoured_settings() -> dict[str, Any]:
    """The settings of all files that uv would read, as far as they are honoured.

    Raises:
        Fault: a file cannot be read; the message names it.
    """
    settings: dict[str, Any] = {}
    for path, table in _tables():
        try:
            _add(settings, _honoured(_located(table, path.parent)))
        except (AttributeError, TypeError) as error:
            raise _unreadable(path, error) from error
    return settings


def as_toml(settings: Mapping[str, Any]) -> str:
    """The settings as the content of a ``uv.toml``."""
    return "".join(f"{key} = {_toml(value)}\n" for key, value in settings.items())


def default_index_of(settings: Mapping[str, Any]) -> str:
    """The URL of the default index; empty where none is set."""
    for index in settings.get("index", []):
        if index.get("default"):
            return str(index.get("url", ""))
    return str(settings.get("pip", {}).get("index-url") or settings.get("index-url") or "")


def _tables() -> Iterator[tuple[Path, dict[str, Any]]]:
    """The files that uv reads, each with its settings, the one with precedence first."""
    if named := os.environ.get("UV_CONFIG_FILE"):
        yield Path(named), _read(Path(named))
        return
    if os.environ.get("UV_NO_CONFIG"):
        return
    for folder in (ROOT, *ROOT.parents):
        if table := _project_table(folder):
            yield folder / "uv.toml", table
            break
    for folders in (_user_folders(), _system_folders()):
        files = (folder / "uv" / "uv.toml" for folder in folders)
        if (path := next(filter(Path.is_file, files), None)) is not None:
            yield path, _read(path)


def _user_folders() -> list[Path]:
    if configured := os.environ.get("XDG_CONFIG_HOME"):
        return [Path(configured)]
    home = home_folder()
    return [home / ".config"] if home else []


def _system_folders() -> list[Path]:
    configured = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [*map(Path, configured.split(os.pathsep)), Path("/etc")]


def _project_table(folder: Path) -> dict[str, Any]:
    """The settings of the project in a folder; empty if it has none."""
    if (path := folder / "uv.toml").is_file():
        return _read(path)
    if (path := folder / "pyproject.toml").is_file():
        table: dict[str, Any] = _read(path).get("tool", {}).get("uv", {})
        return table
    return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> Fault:
    return Fault(f"the settings of uv in {path} cannot be read ({error}); correct that file")


def _honoured(table: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of one file that are honoured.

    Raises:
        TypeError, AttributeError: what should be a table is none.
    """
    honoured = {key: value for key, value in table.items() if key in HONOURED}
    if of_pip := {key: value for key, value in table.get("pip", {}).items() if key in _INDEX}:
        honoured["pip"] = of_pip
    if "index" in honoured:
        honoured["index"] = [
            {key: value for key, value in index.items() if key != _IGNORED_OF_INDEX}
            for index in honoured["index"]
        ]
    return honoured


def _located(value: Any, folder: Path, key: str = "") -> Any:
    """A setting with absolute paths instead of those that are relative to its file's folder."""
    if isinstance(value, dict):
        return {name: _located(each, folder, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_located(each, folder, key) for each in value]
    is_place = key in _PLACES and isinstance(value, str) and ":" not in value
    return str(folder / value) if is_place else value


def _add(settings: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add settings of less precedence: lists grow, and other values stay."""
    for key, value in more.items():
        known = settings.setdefault(key, value)
        if known is not value and isinstance(known, list):
            settings[key] = [*known, *value]
        elif known is not value and isinstance(known, dict):
            settings[key] = dict(known)
            _add(settings[key], value)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)  # strings, numbers and booleans look alike
