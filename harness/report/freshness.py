"""Whether the report is up to date: what it was made of, and whether any of that has changed.

A file counts as changed if its size or its time has. So the report may be made again without need,
where files were only touched, but an outdated one never passes for current.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from harness.exchange import corpus_cases
from harness.util.files import write_atomically
from harness.util.paths import (
    BISECTIONS,
    CASE_FOLDERS,
    CORPUS,
    EXCHANGE,
    LEDGERS,
    REPORTS,
    RESULTS,
    SITE,
    UNPUBLISHED,
)
from harness.util.shipped import CODE

_STAMP = UNPUBLISHED / "report-made-of.json"
_INPUTS = (RESULTS, EXCHANGE, CORPUS, LEDGERS, BISECTIONS, *CASE_FOLDERS, CODE)
#: What lies among the inputs and is made by the report itself.
_MADE = (CORPUS / corpus_cases.NAME,)
#: Files and folders that come and go without a meaning.
_IGNORED = ("__pycache__",)


def front_page() -> Path:
    """The first page of the report."""
    return SITE / "index.html"


def inputs_digest() -> str:
    """A digest of the names, sizes and times of all files that the report is made of."""
    lines = sorted(line for folder in _INPUTS for line in _lines(folder))
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()


def keep_stamp(inputs: str) -> None:
    """Note that the report has just been made of inputs of this digest."""
    write_atomically(_STAMP, json.dumps({"inputs": inputs, "tables": _tables_digest()}) + "\n")


def is_up_to_date() -> bool:
    """Whether the report would come out the same if it were made again."""
    if not (_STAMP.exists() and front_page().exists()):
        return False
    try:
        made_of = json.loads(_STAMP.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return bool(made_of == {"inputs": inputs_digest(), "tables": _tables_digest()})


def _tables_digest() -> str:
    """A digest of the committed tables, which somebody else may have changed."""
    paths = [*REPORTS.glob("*.md"), *REPORTS.glob("*.csv")]
    return hashlib.sha256("\n".join(sorted(map(_line, paths))).encode()).hexdigest()


def _lines(folder: Path) -> Iterator[str]:
    for place, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in _IGNORED]
        for name in files:
            path = Path(place, name)
            if not name.startswith(".") and path not in _MADE:  # a dot: it is being written
                yield _line(path)


def _line(path: Path) -> str:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return str(path)
    return f"{path} {facts.st_size} {facts.st_mtime_ns}"
