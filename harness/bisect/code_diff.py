"""The changed lines of a function that change its code: not docstrings, comments and layout."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from harness.util.syntax import code_of, has_docstring

CONTEXT = 3
#: So many neighbouring changes are tried together: a statement can be laid out anew in several.
MOST_TOGETHER = 3
_RANGES = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")

Lines = Sequence[str]


class _Change(NamedTuple):
    """Lines of the older text that others of the newer replace, as the slices of both."""

    old_start: int
    old_stop: int
    new_start: int
    new_stop: int


def same_code(old: Lines, new: Lines) -> bool:
    """Whether two texts of a function differ in docstrings, comments and layout alone.

    A text that does not parse is only the same as itself.
    """
    if list(old) == list(new):
        return True
    code = _code(old)
    return code is not None and code == _code(new)


def changed_code(old: Lines, new: Lines) -> list[str]:
    """The hunks of a unified diff, without titles, that change code; empty where none does.

    Either text is that of a function, or empty. Line numbers count from 1 in each text. A change of
    no code is left out, and ends the hunks beside it, so that every hunk is as it is in the texts.
    """
    if same_code(old, new):
        return []
    start, end = _Change(0, 0, 0, 0), _Change(len(old), len(old), len(new), len(new))
    hunks: list[str] = []
    for before, after in pairwise([start, *_changes_of_no_code(old, new), end]):
        old_lines = old[before.old_stop : after.old_start]
        new_lines = new[before.new_stop : after.new_start]
        diff = list(difflib.unified_diff(old_lines, new_lines, n=CONTEXT, lineterm=""))
        without_titles = diff[2:]
        hunks += [renumbered(line, before.old_stop, before.new_stop) for line in without_titles]
    return hunks


def renumbered(line: str, old_offset: int, new_offset: int) -> str:
    """A line of a diff; if it has line numbers, those are larger by the offsets."""
    match = _RANGES.match(line)
    if match is None:
        return line
    old_start, old_length, new_start, new_length = match.groups(default="")
    return (
        f"@@ -{int(old_start) + old_offset}{old_length} "
        f"+{int(new_start) + new_offset}{new_length} @@"
    )


# ---------------------------------------------------------------- changes of no code


def _changes_of_no_code(old: Lines, new: Lines) -> list[_Change]:
    """The change of the docstring, and those that leave the code of the older text as it is.

    Each change is tried alone, and then together with the next ones.
    """
    docstring = _docstring_change(old, new)
    changes = _changes(old, new, docstring)
    code = _code(old)
    left_out: set[_Change] = set()
    for count in range(1, MOST_TOGETHER + 1):
        remaining = [change for change in changes if change not in left_out]
        for start in range(len(remaining) - count + 1):
            together = remaining[start : start + count]
            if code is not None and _code(_changed(old, new, together)) == code:
                left_out.update(together)
    if _code(_changed(old, new, sorted(left_out))) != code:
        left_out.clear()
    return sorted([*docstring, *left_out])


def _docstring_change(old: Lines, new: Lines) -> list[_Change]:
    """The change of the function's docstring; none where it is the same."""
    change = _Change(*_docstring(old), *_docstring(new))
    is_same = old[change.old_start : change.old_stop] == new[change.new_start : change.new_stop]
    return [] if is_same else [change]


def _changes(old: Lines, new: Lines, docstring: Sequence[_Change]) -> list[_Change]:
    """What a diff replaces, before and after a changed docstring."""
    parts, done = [], _Change(0, 0, 0, 0)
    for change in docstring:
        parts.append(_Change(done.old_stop, change.old_start, done.new_stop, change.new_start))
        done = change
    parts.append(_Change(done.old_stop, len(old), done.new_stop, len(new)))
    return [change for part in parts for change in _changes_within(old, new, part)]


def _changes_within(old: Lines, new: Lines, part: _Change) -> list[_Change]:
    old_lines = old[part.old_start : part.old_stop]
    new_lines = new[part.new_start : part.new_stop]
    matcher = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    return [
        _Change(
            part.old_start + old_start,
            part.old_start + old_stop,
            part.new_start + new_start,
            part.new_start + new_stop,
        )
        for tag, old_start, old_stop, new_start, new_stop in matcher.get_opcodes()
        if tag != "equal"
    ]


def _changed(old: Lines, new: Lines, changes: Sequence[_Change]) -> list[str]:
    """The older text after some of the changes."""
    text: list[str] = []
    done = 0
    for change in changes:
        text += old[done : change.old_start]
        text += new[change.new_start : change.new_stop]
        done = change.old_stop
    return [*text, *old[done:]]


# ---------------------------------------------------------------- syntax


def _code(lines: Lines) -> str | None:
    """The code of the lines as text; None if they do not parse."""
    tree = _parsed(lines)
    return None if tree is None else code_of(tree)


def _docstring(lines: Lines) -> tuple[int, int]:
    """The slice of a function's docstring; an empty one before its body if it has none.

    A docstring that shares a line with other code is not found.
    """
    tree = _parsed(lines)
    if tree is None:
        return 0, 0
    function = next(
        (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        None,
    )
    if function is None:
        return 0, 0
    first, *rest = function.body
    start, stop = first.lineno - 1, first.end_lineno or first.lineno
    is_alone = not lines[start][: first.col_offset].strip() and (not rest or rest[0].lineno > stop)
    return (start, stop) if has_docstring(function) and is_alone else (start, start)


def _parsed(lines: Lines) -> ast.Module | None:
    """The syntax tree of the lines, as if they were all there is; None if they do not parse.

    Indented lines stay as they are, because a string can go on in the first column.
    """
    is_indented = bool(lines) and lines[0][:1].isspace()
    text = "\n".join(["if True:", *lines] if is_indented else lines)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return ast.increment_lineno(tree, -1) if is_indented else tree
