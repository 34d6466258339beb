"""Sources taken apart into units."""

from __future__ import annotations

from harness.bisect.transplant import units as module
from harness.bisect.transplant.units import Unit, bound_names, units_of

SOURCE = '''"""The module."""
import os
from a import b, c as d

# about LIMIT
LIMIT = 3


@decorated
def f(x):
    """Says something."""
    return x


class C(Base):
    """A class."""

    @property
    def size(self):
        return 1

    @size.setter
    def size(self, value):
        pass


if os.name == "posix":
    import posix
# the end
'''


def named(text: str) -> dict[str, Unit]:
    return {unit.name: unit for unit in units_of(text)}


def test_the_units_are_the_whole_text() -> None:
    units = units_of(SOURCE)
    assert "".join(unit.text for unit in units) == SOURCE
    assert [unit.name for unit in units] == [
        "docstring", "import os", "from a import b, c as d", "LIMIT", "f", "C",
        "if os.name == 'posix':", "end",
    ]  # fmt: skip


def test_a_class_is_its_head_and_its_statements() -> None:
    body = named(SOURCE)["C"].body
    assert [unit.name for unit in body] == ["C", "C.docstring", "C.size", "C.size (2)"]
    assert "".join(unit.text for unit in body) == named(SOURCE)["C"].text


def test_a_unit_owns_the_comments_before_it_and_knows_its_lines() -> None:
    limit, f = named(SOURCE)["LIMIT"], named(SOURCE)["f"]
    assert limit.text == "\n# about LIMIT\nLIMIT = 3\n" and (limit.first, limit.last) == (6, 6)
    assert (f.first, f.last) == (9, 12)  # with its decorator


def test_only_a_line_feed_ends_a_line() -> None:
    text = "a = 1\n\f\nb = '\u2028'\nc = 3\n"
    assert [(unit.name, unit.text) for unit in units_of(text)] == [
        ("a", "a = 1\n"), ("b", "\f\nb = '\u2028'\n"), ("c", "c = 3\n"),
    ]  # fmt: skip


def test_docstrings_comments_and_layout_are_no_code() -> None:
    other = SOURCE.replace("Says something", "Says more").replace("return x", "return (  # so\nx)")
    changed = SOURCE.replace("return x", "return -x")
    assert named(SOURCE)["f"].has_code_of(named(other)["f"])
    assert not named(SOURCE)["f"].has_code_of(named(changed)["f"])
    assert named('"""One."""\n')["docstring"].has_code_of(named('"""Two."""\n')["docstring"])


def test_what_shares_a_line_stays_together() -> None:
    (unit,) = units_of("a = 1; b = 2\n")
    assert list(bound_names(unit.statements)) == ["a", "b"]
    assert named("class C: x = 1\n")["C"].body == ()


def test_names_bound_in_blocks_count_and_those_in_functions_do_not() -> None:
    text = (
        "try:\n    import a.b\nexcept E:\n    a = 1\nfor i, j in x:\n    def f():\n        k = 1\n"
    )
    statements = [statement for unit in units_of(text) for statement in unit.statements]
    assert set(bound_names(statements)) == {"a", "i", "j", "f"}


def test_star_imports_in_blocks_are_found() -> None:
    (unit,) = units_of("if x:\n    from a import *\n")
    assert [star.module for star in module.star_imports(unit.statements)] == ["a"]
