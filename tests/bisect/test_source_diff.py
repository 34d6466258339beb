"""The changed functions of a traceback, on small source files."""

from __future__ import annotations

from pathlib import Path

from harness.bisect.source_diff import changed_functions, changed_in_files, reaches

OLD = """import os


def untouched():
    return 1


class Builder:
    def build(self, node):
        def inner(x):
            if x > 3:
                raise ValueError("late")
            return x

        return inner(node)
"""
NEW = OLD.replace("ValueError", "IndexError").replace("return 1", "return 2")


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_function_around_the_raising_line_is_shown(tmp_path: Path) -> None:
    old = tree(tmp_path / "pkg-1", {"pkg/models.py": OLD})
    new = tree(tmp_path / "pkg-2", {"pkg/models.py": NEW})
    frames = [["pkg.models", "untouched", 5], ["pkg.models", "inner", 12], ["other", "f", 1]]
    inner, outer = changed_functions(old, new, frames, [])
    assert (inner.file, inner.function) == ("pkg/models.py", "Builder.build")
    assert '-                raise ValueError("late")' in inner.diff.splitlines()
    assert "--- pkg-1/pkg/models.py" in inner.diff
    assert "@@ -9,7 +9,7 @@" in inner.diff
    assert outer.function == "untouched"
    assert changed_in_files(old, new, [inner.file]) == [
        "pkg/models.py: untouched", "pkg/models.py: Builder.build",
    ]  # fmt: skip


def test_a_function_that_moved_is_compared_with_itself(tmp_path: Path) -> None:
    old = tree(tmp_path / "pkg-1", {"pkg/engine/models.py": OLD})
    new = tree(tmp_path / "pkg-2", {"pkg/src/models.py": NEW})
    (diff,) = changed_functions(old, new, [], [["pkg.src.models", "inner", 12]])
    lines = diff.diff.splitlines()
    assert lines[:2] == ["--- pkg-1/pkg/engine/models.py", "+++ pkg-2/pkg/src/models.py"]
    assert [line[0] for line in lines[2:] if line[0] in "+-"] == ["-", "+"]


def test_equal_functions_and_unreadable_files_have_no_diff(tmp_path: Path) -> None:
    old = tree(tmp_path / "pkg-1", {"pkg/models.py": OLD, "pkg/broken.py": "def f(:\n"})
    new = tree(tmp_path / "pkg-2", {"pkg/models.py": OLD, "pkg/broken.py": "def f(:\n"})
    frames = [["pkg.models", "inner", 12], ["pkg.broken", "f", 1], ["pkg.gone", "f", 1]]
    assert changed_functions(old, new, frames, frames) == []
    assert reaches(old, frames) and not reaches(old, frames[1:])


def test_getter_and_setter_are_separate_and_exception_handlers_are_searched(tmp_path: Path) -> None:
    text = """class Layer:
    @property
    def rate(self):
        return 1

    @rate.setter
    def rate(self, value):
        pass


try:
    import fast
except ImportError:
    def slow():
        return 1
"""
    old = tree(tmp_path / "pkg-1", {"pkg/layer.py": text})
    new = tree(tmp_path / "pkg-2", {"pkg/layer.py": text.replace("return 1", "return 2")})
    assert changed_in_files(old, new, ["pkg/layer.py"]) == [
        "pkg/layer.py: Layer.rate", "pkg/layer.py: slow",
    ]  # fmt: skip
