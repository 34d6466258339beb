"""The changed lines: what differs between two releases in the functions of a traceback."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

#: Frames as the runner tells them: module, function, line; outermost first.
Frames = Sequence[Sequence[object]]
CONTEXT = 3
_RANGES = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")


@dataclass(frozen=True)
class FunctionDiff:
    """One function that differs: its file and name, and the difference as a unified diff."""

    file: str
    function: str
    diff: str


@dataclass(frozen=True)
class _Function:
    name: str
    first: int
    last: int


def changed_functions(
    old: Path, new: Path, old_frames: Frames, new_frames: Frames
) -> list[FunctionDiff]:
    """The functions on the way to an exception that differ between two folders of sources.

    ``old_frames`` are those of the exception in the older release, ``new_frames`` those in the
    newer; either may be empty. Innermost first. A function that only one side has is shown whole.
    """
    sides = [(old, frame) for frame in reversed(old_frames)]
    sides += [(new, frame) for frame in reversed(new_frames)]
    found = dict.fromkeys(
        place for root, frame in sides if (place := _place(root, str(frame[0]), frame[2]))
    )
    hunks = (_hunk(old, new, file, name) for file, name in found)
    return [hunk for hunk in hunks if hunk]


def reaches(root: Path, frames: Frames) -> bool:
    """Whether any of the frames is in a function of the folder."""
    return any(_place(root, str(frame[0]), frame[2]) for frame in frames)


def changed_beside(old: Path, new: Path, hunks_of: Iterable[str]) -> list[str]:
    """The names of the other functions that differ in some files, as ``file: function``."""
    return [
        f"{file}: {name}"
        for file in hunks_of
        for name in dict.fromkeys([*_functions(old / file), *_functions(new / file)])
        if _text(old / file, name)[1] != _text(new / file, name)[1]
    ]


def _place(root: Path, module: str, line: object) -> tuple[str, str] | None:
    """File and outermost function of a frame, where the folder holds its module."""
    stem = Path(*module.split("."))
    for file in (Path(f"{stem}.py"), stem / "__init__.py"):
        if not (root / file).is_file():
            continue
        for name, function in _functions(root / file).items():
            if isinstance(line, int) and function.first <= line <= function.last:
                return str(file), name
    return None


def _hunk(old: Path, new: Path, file: str, name: str) -> FunctionDiff | None:
    before, after = _counterpart(old, file, name), _counterpart(new, file, name)
    first, text = _text(before, name)
    other_first, other = _text(after, name)
    if text == other:
        return None
    title, other_title = (
        f"{root.name}/{path.relative_to(root)}" for root, path in ((old, before), (new, after))
    )
    diff = difflib.unified_diff(text, other, title, other_title, n=CONTEXT, lineterm="")
    return FunctionDiff(
        file, name, "\n".join(_in_the_file(line, first, other_first) for line in diff)
    )


def _in_the_file(line: str, first: int, other_first: int) -> str:
    """A line of the diff of two functions, its line numbers those of the files."""
    match = _RANGES.match(line)
    if match is None:
        return line
    start, length, other_start, other_length = match.groups(default="")
    return (
        f"@@ -{int(start) + max(first - 1, 0)}{length} "
        f"+{int(other_start) + max(other_first - 1, 0)}{other_length} @@"
    )


def _counterpart(root: Path, file: str, name: str) -> Path:
    """The file in which a folder has the function: that one, or another of its name."""
    path = root / file
    if name in _functions(path):
        return path
    return min((each for each in root.rglob(path.name) if name in _functions(each)), default=path)


def _text(path: Path, name: str) -> tuple[int, list[str]]:
    """The number of a function's first line and its lines; 0 and none where it is not there."""
    function = _functions(path).get(name)
    if function is None:
        return 0, []
    return function.first, _lines(path)[function.first - 1 : function.last]


@lru_cache(maxsize=256)
def _functions(path: Path) -> dict[str, _Function]:
    """The outermost functions and methods of a file, by qualified name; empty if there is none."""
    try:
        tree = ast.parse("\n".join(_lines(path)))
    except SyntaxError:
        return {}
    named: dict[str, _Function] = {}
    for function in _outermost(tree, ""):
        name, again = function.name, 2
        while name in named:  # a getter and its setter, or one for each platform
            name, again = f"{function.name} ({again})", again + 1
        named[name] = function
    return named


def _outermost(node: ast.AST, prefix: str) -> Iterator[_Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            yield _Function(prefix + child.name, first, child.end_lineno or child.lineno)
        elif isinstance(child, ast.ClassDef):
            yield from _outermost(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _outermost(child, prefix)


@lru_cache(maxsize=256)
def _lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    return [line.removesuffix("\r") for line in text.split("\n")]
