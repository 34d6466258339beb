"""Lists of entries in TOML files."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from harness.util.errors import Fault
from harness.util.toml_lists import read_list


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    start: str = msgspec.field(name="from")
    cases: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        if self.start == "never":
            raise ValueError("there is no such start")


def read(folder: Path, content: str | bytes) -> list[Entry]:
    path = folder / "list.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_list(path, Entry)


def test_entries_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    content = '[[change]]\nfrom = "b"\ncases = ["x", "y"]\n[[change]]\nfrom = "a"\n'
    assert read(tmp_path, content) == [Entry("b", ("x", "y")), Entry("a")]


def test_no_file_and_an_empty_file_are_empty_lists(tmp_path: Path) -> None:
    assert read_list(tmp_path / "none.toml", Entry) == []
    assert read(tmp_path, "# nothing yet\n") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[change]]\n", "entry 1: Object missing required field `from`"),
        (
            '[[change]]\nfrom = "a"\n[[change]]\nfrom = "b"\ncase = "x"\n',
            "entry 2: Object contains unknown field `case`",
        ),
        ("[[change]]\nfrom = 1\n", "entry 1: Expected `str`, got `int` - at `$.from`"),
        (
            '[[change]]\nfrom = "a"\ncases = "x"\n',
            "entry 1: Expected `array`, got `str` - at `$.cases`",
        ),
        (
            '[[change]]\nfrom = "a"\ncases = ["x", 2]\n',
            "entry 1: Expected `str`, got `int` - at `$.cases[1]`",
        ),
        ('[[change]]\nfrom = "never"\n', "entry 1: there is no such start"),
        ("change = [3]\n", "entry 1: Expected `object`, got `int`"),
        ('[change]\nfrom = "a"\n', "Expected `array`, got `object` - at `$.change`"),
        ("[[changes]]\n", "Object contains unknown field `changes`"),
        ("[[change]\n", "Expected ']]'"),
        (b'[[change]]\nfrom = "\xff"\n', "utf-8"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_entry(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(Fault, match=r"list\.toml: .*" + re.escape(message)):
        read(tmp_path, content)
