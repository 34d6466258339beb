"""Styled text, wrapped at words to a width."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

_CONSOLE = Console(file=StringIO())
_INDENT = 2


def hanging(text: Text, width: int, indent: int = _INDENT) -> list[Text]:
    """The lines of a text, of which all but the first are indented."""
    if text.cell_len <= width:
        return [text]
    lines = text.wrap(_CONSOLE, max(width - indent, 1))
    for line in lines:
        line.rstrip()
    return [
        Text(" " * (indent if number else 0)).append_text(line) for number, line in enumerate(lines)
    ]


def joined(entries: Sequence[str], width: int) -> list[str]:
    """The entries with commas between them, in lines that break only between two of them.

    >>> joined(["L loading fails", "S saving fails"], 20)
    ['L loading fails,', 'S saving fails']
    """
    lines: list[str] = []
    for entry in entries:
        if lines and len(f"{lines[-1]}, {entry},") <= width:
            lines[-1] += f", {entry}"
        else:
            lines.append(entry)
    return [f"{line}," for line in lines[:-1]] + lines[-1:]
