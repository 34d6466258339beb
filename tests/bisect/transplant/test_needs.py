"""What comes along with a part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.bisect.transplant.graft import with_needs
from harness.bisect.transplant.needs import Needs
from tests.bisect.transplant.releases import graft, part

F = "def f():\n    return 1\n"


def needed(
    folder: Path, old: Mapping[str, str], new: Mapping[str, str], name: str, file: str = "a.py"
) -> list[str]:
    """What a part needs, as texts."""
    asked = part(name, file)
    found = with_needs([asked], Needs(graft(folder, old, new))) - {asked}
    return sorted(str(other).removeprefix("pkg/") for other in found)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # an import, and what it imports
        (
            {"a.py": F, "b.py": ""},
            {"a.py": f"from pkg.b import g\n{F.replace('1', 'g()')}", "b.py": "def g(): pass\n"},
            ["a.py: from pkg.b import g", "b.py: g"],
        ),
        # a file that is new, and the folder that it is in
        (
            {"a.py": F},
            {
                "a.py": f"from pkg.sub.b import g\n{F.replace('1', 'g()')}",
                "sub/__init__.py": "", "sub/b.py": "g = 1\n",
            },
            ["a.py: from pkg.sub.b import g", "sub/__init__.py", "sub/b.py"],
        ),
        # an import inside the function
        (
            {"a.py": F, "b.py": "x = 1\n"},
            {"a.py": "def f():\n    from pkg.b import y\n", "b.py": "x = 1\ny = 2\n"},
            ["b.py: y"],
        ),
        # an attribute of a module that both import
        (
            {"a.py": f"from pkg import b\n{F}", "b.py": "x = 1\n"},
            {"a.py": f"from pkg import b\n{F.replace('1', 'b.y')}", "b.py": "x = 1\ny = 2\n"},
            ["b.py: y"],
        ),
        # a name that comes with a star
        (
            {"a.py": f"from pkg import b\n{F}", "b.py": "from pkg.c import *\n", "c.py": ""},
            {
                "a.py": f"from pkg import b\n{F.replace('1', 'b.y')}",
                "b.py": "from pkg.c import *\n", "c.py": "y = 2\n",
            },
            ["c.py: y"],
        ),
        # names of the same module, and what they need
        (
            {"a.py": F},
            {"a.py": f"X = 1\ndef g():\n    return X\n{F.replace('1', 'g()')}"},
            ["a.py: X", "a.py: g"],
        ),
        # nothing: the base has all names, changed or not
        (
            {"a.py": f"X = 1\n{F}"},
            {"a.py": f"X = 2\n{F.replace('1', 'X + print(len)')}"},
            [],
        ),
    ],
)  # fmt: skip
def test_what_a_function_refers_to_and_the_base_lacks_comes_along(
    tmp_path: Path, old: Mapping[str, str], new: Mapping[str, str], expected: list[str]
) -> None:
    assert needed(tmp_path, old, new, "f") == expected


def test_an_attribute_of_self_comes_along_from_the_class_or_its_bases(tmp_path: Path) -> None:
    old = "class C({base}):\n    def m(self):\n        return 1\n"
    new = old.replace("return 1", "return self.own() + self.inherited() + self.data")
    new += "\n    def own(self):\n        return 1\n"
    base = "class Base:\n    x = 1\n"
    files = ("from pkg.b import Base\n" + old, "from pkg.b import Base\n" + new)
    assert needed(
        tmp_path,
        {"a.py": files[0].format(base="Base"), "b.py": base},
        {"a.py": files[1].format(base="Base"), "b.py": f"{base}\n    def inherited(self): pass\n"},
        "C.m",
    ) == ["a.py: C.own", "b.py: Base.inherited"]


def test_what_is_removed_takes_its_users_or_has_a_successor(tmp_path: Path) -> None:
    old = "from b import g\ndef f():\n    return g()\n"
    assert needed(tmp_path, {"a.py": old}, {"a.py": F}, "from b import g") == ["a.py: f"]
    other = tmp_path / "other"
    moved = old.replace("from b", "from c")
    assert needed(other, {"a.py": old}, {"a.py": moved}, "from b import g") == [
        "a.py: from c import g"
    ]


def test_parts_that_need_each_other_end(tmp_path: Path) -> None:
    new = "def g():\n    return h()\ndef h():\n    return g()\n"
    assert needed(tmp_path, {"a.py": ""}, {"a.py": new}, "g") == ["a.py: h"]
