"""Puts the published results and what belongs to them into the wheel, as ``harness/shipped``."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = Path("harness/shipped")
#: What a wheel ships: the pages and tables in ``reports`` are made of these.
PARTS = (
    "noxfile.py", "cases", "reports/results", "reports/exchange", "reports/corpus",
    "reports/ledger", "reports/bisections",
)  # fmt: skip
CATALOGUE = "harness/releases/catalogue.json"


class ShippedFiles(BuildHookInterface[Any]):
    """Adds the files to the wheel, with a note of the state that they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Choose the files; Hatch calls this before it builds. An editable wheel gets none."""
        if version == "editable":
            return
        root = Path(self.root)
        files = {path: path for part in PARTS for path in _files(root, part)}
        files[CATALOGUE] = "catalogue.json"
        note = Path(mkdtemp(prefix="keras-bisect-")) / "state.json"
        note.write_text(json.dumps({"made": _day(root), "digest": _digest(root, files)}))
        build_data["force_include"] |= {
            **{str(root / path): str(SHIPPED / name) for path, name in files.items()},
            str(note): str(SHIPPED / "state.json"),
        }


def _files(root: Path, part: str) -> Iterator[str]:
    if (root / part).is_file():
        yield part
    for path in sorted((root / part).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(root).as_posix()


def _digest(root: Path, files: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for path, name in sorted(files.items()):
        digest.update(
            f"{name}\n{hashlib.sha256((root / path).read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()[:12]


def _day(root: Path) -> str:
    """When the state was committed; outside a git checkout, when it is built."""
    command = ["git", "log", "-1", "--format=%ct", "--", *PARTS, CATALOGUE]
    try:
        seconds = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        seconds = b""
    moment = seconds or os.environ.get("SOURCE_DATE_EPOCH") or time.time()
    return datetime.fromtimestamp(int(moment), UTC).isoformat()
