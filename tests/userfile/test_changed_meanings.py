"""Values that newer releases take for something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from harness.userfile.changed_meanings import changed_meanings
from harness.userfile.description import describe
from harness.userfile.facts import FileFacts
from tests.userfile.files import archive, layer, model

CHANGED = FileFacts("h5", 1, changed_values=["hard_sigmoid"])
PLAIN = FileFacts("h5", 1)


@pytest.mark.parametrize(
    ("facts", "writer", "reader", "values"),
    [
        (CHANGED, "2.2.0", "3.15.1", ["hard_sigmoid"]),
        (CHANGED, "2.2.0", "3.0.0", ["hard_sigmoid"]),
        (CHANGED, "2.2.0", "2.15.0", []),
        (CHANGED, "3.0.0", "3.15.1", []),
        (PLAIN, "2.2.0", "3.15.1", []),
    ],
)
def test_only_a_reader_beyond_the_change_takes_it_for_something_else(
    facts: FileFacts, writer: str, reader: str, values: list[str]
) -> None:
    found = changed_meanings(facts, Version(writer), Version(reader))
    assert [each.value for each in found] == values


def test_every_value_in_a_file_counts(tmp_path: Path) -> None:
    layers = [layer("Dense", name=each, activation=each) for each in ("relu", "hard_sigmoid")]
    facts = describe(archive(tmp_path / "a.keras", model(*layers)))
    assert facts.changed_values == ["hard_sigmoid"]
    assert describe(archive(tmp_path / "b.keras", model(layers[0]))).changed_values == []
