"""Printing untrusted text to a terminal: it is never taken for markup."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from harness.util.escaping import printable


def print_line(console: Console, text: str, style: str = "") -> None:
    """Print one line of untrusted text; it may be longer than the terminal is wide."""
    console.print(printable(text), style=style, markup=False, highlight=False, soft_wrap=True)


def print_wrapped(console: Console, line: str) -> None:
    """Print one line of untrusted text at the width of the terminal, with a hanging indent."""
    indent = " " * (len(line) - len(line.lstrip()))
    parts = textwrap.wrap(
        line, console.width, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )
    for part in parts or [""]:
        print_line(console, part)


def print_hanging(console: Console, text: Text, indent: int = 2, lead: int = 0) -> None:
    """Print a styled text, wrapped at words; all lines but the first are indented.

    ``lead`` indents all lines. The text must be printable.
    """
    lines = text.wrap(console, max(console.width - lead - indent, 20))
    for number, line in enumerate(lines):
        line.rstrip()
        padded = Text(" " * (lead + (indent if number else 0))).append_text(line)
        console.print(padded, soft_wrap=True, highlight=False)


def print_list(console: Console, heading: str, lines: Sequence[str]) -> None:
    """Print a heading and the lines under it; nothing where there are no lines."""
    if any(lines):
        console.print(escape(heading), style="bold")
        for line in lines:
            print_line(console, f"  {line}")
