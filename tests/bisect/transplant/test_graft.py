"""Parts of one release in the sources of another."""

from __future__ import annotations

from pathlib import Path

from tests.bisect.transplant.releases import graft, part

OLD = """import a


def f():
    return 1


class C:
    x = 1

    def m(self):
        return self.x


class Gone:
    pass


def g():
    return 1
"""
NEW = '''import a
import b


def f():
    """Documented now."""
    return 1


class C(a.Base):
    x = 1

    def m(self):
        return self.x + 1

    def n(self):
        return 2


class Added:
    def p(self):
        return 3


def g():
    return 2
'''


def test_the_parts_are_what_differs_in_code(tmp_path: Path) -> None:
    both = graft(tmp_path, {"a.py": OLD, "b.py": "x = 1\n"}, {"a.py": NEW, "b.py": "x = 1  # y\n"})
    assert both.changed_files() == ["pkg/a.py"]
    assert [found.name for found in both.parts("pkg/a.py")] == [
        "import b", "C", "C.m", "C.n", "Added", "Gone", "g",
    ]  # fmt: skip


def test_each_part_can_be_exchanged_by_itself(tmp_path: Path) -> None:
    both = graft(tmp_path, {"a.py": OLD}, {"a.py": NEW})
    method = "        return self.x\n"
    for name, expected in {
        "C.m": OLD.replace(method, "        return self.x + 1\n"),
        "C.n": OLD.replace(method, f"{method}\n    def n(self):\n        return 2\n"),
        "C": OLD.replace("class C:", "class C(a.Base):"),
        "Gone": OLD.replace("\n\nclass Gone:\n    pass\n", ""),
        "import b": OLD.replace("import a\n", "import a\nimport b\n"),
        "g": OLD.replace("def g():\n    return 1", "def g():\n    return 2"),
    }.items():
        assert both.texts([part(name)]) == {"pkg/a.py": expected}, name


def test_no_part_is_the_base_and_all_are_the_donor(tmp_path: Path) -> None:
    both = graft(tmp_path, {"a.py": OLD}, {"a.py": NEW})
    assert both.texts([]) == {}
    assert both.texts(both.parts("pkg/a.py")) == {"pkg/a.py": NEW}
    assert both.reverse.texts(both.parts("pkg/a.py")) == {"pkg/a.py": OLD}


def test_a_file_of_one_release_is_a_part_as_a_whole(tmp_path: Path) -> None:
    both = graft(tmp_path, {"gone.py": "x = 1\n"}, {"new.py": "x = 1\n"})
    assert both.changed_files() == ["pkg/gone.py", "pkg/new.py"]
    assert both.texts([part("", "gone.py"), part("", "new.py")]) == {
        "pkg/gone.py": None, "pkg/new.py": "x = 1\n",
    }  # fmt: skip


def test_so_is_a_file_that_does_not_parse(tmp_path: Path) -> None:
    both = graft(tmp_path, {"a.py": "print 1\n"}, {"a.py": "print(1)\n"})
    assert both.parts("pkg/a.py") == [part("")]


def test_tests_are_no_part(tmp_path: Path) -> None:
    both = graft(tmp_path, {"a_test.py": "x = 1\n"}, {"a_test.py": "x = 2\n"})
    assert both.changed_files() == []
