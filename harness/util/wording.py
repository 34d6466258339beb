"""Numbers in sentences, and lists that are cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def counted(number: int, noun: str) -> str:
    """A number and what is counted.

    >>> counted(1, "case"), counted(1200, "case")
    ('1 case', '1,200 cases')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def first_names(names: Iterable[object], most: int) -> str:
    """The first names, separated by commas, and how many are left out.

    >>> first_names(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    texts = list(map(str, names))
    left = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {left:,} more" if left > 0 else "")


def first_lines(lines: Sequence[str], most: int) -> list[str]:
    """The first lines of a list, and how many are left out.

    >>> first_lines(["a", "b", "c"], 1)
    ['a', '... and 2 more']
    """
    left = len(lines) - most
    return [*lines[:most], *([f"... and {left:,} more"] if left > 0 else [])]
