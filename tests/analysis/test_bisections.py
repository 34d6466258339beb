"""Published bisections."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.bisections import (
    ChangedLines,
    PublishedBisection,
    read_bisections,
    store_bisection,
)
from harness.util.errors import Fault

BISECTION = PublishedBisection(
    "keras",
    "interleaved_dense",
    "json",
    "3.6.0",
    "3.7.0",
    "nox -s bisect -- interleaved_dense",
    [("culprit", "keras 3.6.0 → 3.7.0")],
    [ChangedLines("keras/src/models/functional.py", "deserialize_node", "-a\n+b\n")],
)


def test_a_bisection_is_stored_under_the_name_of_its_change_point(tmp_path: Path) -> None:
    path = store_bisection(BISECTION, tmp_path / "new")
    assert path == tmp_path / "new" / "keras-3.6.0-3.7.0.interleaved_dense.json.json"
    assert read_bisections(tmp_path / "new") == [BISECTION]


def test_the_format_of_the_file(tmp_path: Path) -> None:
    text = store_bisection(BISECTION, tmp_path).read_text()
    document = json.loads(text)
    assert list(document) == [
        "schema", "lineage", "case", "format", "start", "end", "command", "facts", "lines",
        "proven",
    ]  # fmt: skip
    assert document["facts"] == [["culprit", "keras 3.6.0 → 3.7.0"]]
    assert document["lines"] == [list(BISECTION.lines[0])]
    assert text == json.dumps(document, indent=1) + "\n"


def test_reading_and_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    path = store_bisection(BISECTION, tmp_path)
    content = path.read_bytes()
    (bisection,) = read_bisections(tmp_path)
    store_bisection(bisection, tmp_path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert read_bisections(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda document: document.update(schema=2), "schema 2, expected 1"),
        (lambda document: document.pop("schema"), "schema None, expected 1"),
        (lambda document: document.update(more=1), "unknown field `more`"),
        (lambda document: document.pop("facts"), "missing required field `facts`"),
        (lambda document: document["lines"][0].pop(), r"at `\$\.lines\[0\]`"),
        (lambda document: document["facts"].append(["culprit"]), r"at `\$\.facts\[1\]`"),
    ],
)
def test_another_document_is_named(
    tmp_path: Path, damage: Callable[[dict[str, Any]], object], reason: str
) -> None:
    path = store_bisection(BISECTION, tmp_path)
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))
    with pytest.raises(Fault, match=f"{path.name} does not hold a bisection .*{reason}"):
        read_bisections(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"\xff"'])
def test_what_is_no_document_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(Fault, match=r"a\.json does not hold a bisection"):
        read_bisections(tmp_path)
