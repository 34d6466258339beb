"""Texts of the terminal that are kept as files: each at 80 and at 120 columns."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

from rich.console import Console

SNAPSHOTS = Path(__file__).parent / "screens"
WIDTHS = (80, 120)


def text_of(show: Callable[[Console], None], width: int, *, is_terminal: bool = False) -> str:
    """What is shown in so many columns; in a terminal with colours, elsewhere without."""
    output = StringIO()
    console = Console(file=output, width=width, force_terminal=is_terminal)
    show(console)
    return output.getvalue()


def assert_as_kept(name: str, show: Callable[[Console], None]) -> None:
    """Compare what is shown with the files of this name, and that nothing is too wide."""
    for width in WIDTHS:
        text = text_of(show, width)
        assert all(len(line) <= width for line in text.splitlines()), text
        assert text == (SNAPSHOTS / f"{name}-{width}.txt").read_text(encoding="utf-8")
