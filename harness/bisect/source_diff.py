"""What changed between two releases in the code of the functions of a traceback."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from harness.bisect.code_diff import changed_code, renumbered, same_code
from harness.util.syntax import first_line

#: Frames as the runner records them: module, function, line; outermost first.
Frames = Sequence[Sequence[object]]


@dataclass(frozen=True)
class FunctionDiff:
    """A function whose code differs between two releases, with the difference as a unified diff."""

    file: str
    function: str
    diff: str


@dataclass(frozen=True)
class _Function:
    """A function with its qualified name and the numbers of its first and last line."""

    name: str
    first: int
    last: int


def changed_functions(
    old: Path, new: Path, old_frames: Frames, new_frames: Frames
) -> list[FunctionDiff]:
    """The functions of a traceback whose code differs between two folders, innermost first.

    ``old_frames`` are the frames of the exception in the older release, ``new_frames`` those in the
    newer; either may be empty. A function that only one side has appears as a whole.
    """
    frames = [(old, frame) for frame in reversed(old_frames)]
    frames += [(new, frame) for frame in reversed(new_frames)]
    places = dict.fromkeys(_place(root, frame) for root, frame in frames)
    diffs = (_function_diff(old, new, *place) for place in places if place)
    return [diff for diff in diffs if diff]


def reaches(root: Path, frames: Frames) -> bool:
    """Whether any of the frames is in a function of the folder."""
    return any(_place(root, frame) for frame in frames)


def changed_in_files(old: Path, new: Path, files: Iterable[str]) -> list[str]:
    """The functions whose code differs in some files, as ``file: function``."""
    changed = []
    for file in files:
        for name in dict.fromkeys([*_functions(old / file), *_functions(new / file)]):
            if not same_code(_text(old / file, name)[1], _text(new / file, name)[1]):
                changed.append(f"{file}: {name}")
    return changed


def _place(root: Path, frame: Sequence[object]) -> tuple[str, str] | None:
    """File and outermost function of a frame, or None where the folder lacks its module."""
    module, _, line = frame
    stem = Path(*str(module).split("."))
    for file in (Path(f"{stem}.py"), stem / "__init__.py"):
        if not (root / file).is_file():
            continue
        for name, function in _functions(root / file).items():
            if isinstance(line, int) and function.first <= line <= function.last:
                return str(file), name
    return None


def _function_diff(old: Path, new: Path, file: str, name: str) -> FunctionDiff | None:
    """The difference of one function between two folders, or None where its code is the same."""
    old_path, new_path = _file_with(old, file, name), _file_with(new, file, name)
    old_first, old_text = _text(old_path, name)
    new_first, new_text = _text(new_path, name)
    hunks = changed_code(old_text, new_text)
    if not hunks:
        return None
    titles = (
        f"--- {old.name}/{old_path.relative_to(old)}",
        f"+++ {new.name}/{new_path.relative_to(new)}",
    )
    offsets = max(old_first - 1, 0), max(new_first - 1, 0)
    lines = (renumbered(line, *offsets) for line in hunks)
    return FunctionDiff(file, name, "\n".join([*titles, *lines]))


def _file_with(root: Path, file: str, name: str) -> Path:
    """The file in which a folder has a function: the given one, or one elsewhere of that name."""
    path = root / file
    if name in _functions(path):
        return path
    elsewhere = (other for other in root.rglob(path.name) if name in _functions(other))
    return min(elsewhere, default=path)


def _text(path: Path, name: str) -> tuple[int, list[str]]:
    """The number of a function's first line, and its lines; 0 and none where it is missing."""
    function = _functions(path).get(name)
    if function is None:
        return 0, []
    return function.first, _lines(path)[function.first - 1 : function.last]


@lru_cache(maxsize=256)
def _functions(path: Path) -> dict[str, _Function]:
    """The outermost functions and methods of a file by qualified name; empty if it has none."""
    try:
        tree = ast.parse("\n".join(_lines(path)))
    except SyntaxError:
        return {}
    functions: dict[str, _Function] = {}
    for function in _outermost(tree, ""):
        name, number = function.name, 2
        while name in functions:  # a getter and its setter, or one for each platform
            name, number = f"{function.name} ({number})", number + 1
        functions[name] = function
    return functions


def _outermost(node: ast.AST, prefix: str) -> Iterator[_Function]:
    """The functions below a node that are in no other function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            last = child.end_lineno or child.lineno
            yield _Function(prefix + child.name, first_line(child), last)
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
