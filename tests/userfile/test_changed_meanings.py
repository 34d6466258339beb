"""Values that newer releases take for something else."""

from __future__ import annotations

import pytest
from packaging.version import Version

from harness.userfile.changed_meanings import changed_meanings
from harness.userfile.facts import FileFacts

RECURRENT = FileFacts("h5", 1, written={"layers.LSTM": {"recurrent_activation": '"hard_sigmoid"'}})
PLAIN = FileFacts("h5", 1, written={"layers.LSTM": {"recurrent_activation": '"sigmoid"'}})


@pytest.mark.parametrize(
    ("facts", "writer", "reader", "values"),
    [
        (RECURRENT, "2.2.0", "3.15.1", ["hard_sigmoid"]),
        (RECURRENT, "2.2.0", "3.0.0", ["hard_sigmoid"]),
        (RECURRENT, "2.2.0", "2.15.0", []),
        (RECURRENT, "3.0.0", "3.15.1", []),
        (PLAIN, "2.2.0", "3.15.1", []),
    ],
)
def test_only_a_reader_beyond_the_change_takes_it_for_something_else(
    facts: FileFacts, writer: str, reader: str, values: list[str]
) -> None:
    found = changed_meanings(facts, Version(writer), Version(reader))
    assert [each.value for each in found] == values
