"""The report: the tables as Markdown, CSV and one self-contained HTML page."""

from __future__ import annotations

from html import escape
from pathlib import Path

from harness.cases import Case
from harness.errors import Fault
from harness.files import write_whole
from harness.page import html
from harness.paths import REPORTS
from harness.table import wide_table
from harness.untrusted import plain, shortened
from harness.views import (
    CHANGE_COLUMNS,
    FLAKY_COLUMNS,
    Tables,
    change_lines,
    flaky_lines,
    history_lines,
)

LONGEST_TEXT = 160


def write_report(made: Tables, cases: list[Case], folder: Path = REPORTS) -> list[Path]:
    """Write all forms of the report into ``folder``; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "cells.csv": made.long.drop(columns="signature").to_csv(index=False, lineterminator="\n"),
        "compatibility.csv": wide_table(made.long).to_csv(lineterminator="\n"),
        "changes.csv": changes_csv(made),
        "compatibility.md": markdown(made),
        "index.html": html(made, cases),
    }
    written = []
    for name, text in texts.items():
        path = folder / name
        write_whole(path, text)
        written.append(path)
    return written


def changes_csv(made: Tables) -> str:
    """The change points of every natural view, one row for each case and format."""
    texts = [
        view.changes.drop(columns="signatures").to_csv(
            index=False, header=not place, lineterminator="\n"
        )
        for place, view in enumerate(made.natural.values())
    ]
    return "".join(texts)


def markdown(made: Tables) -> str:
    """The history by case and format, and the change points, as Markdown."""
    lines = ["# Compatibility table", ""]
    for view in made.natural.values():
        lines += [
            f"## {view.title}",
            "",
            *_markdown_head("case", "formats", "history"),
            *(
                _markdown_row(line.case, line.formats, "; ".join(line.spans), limit=None)
                for line in history_lines(view.frame)
            ),
            "",
            f"### Change points of {view.lineage}",
            "",
            *_markdown_head(*CHANGE_COLUMNS),
            *(_markdown_row(*row) for row in change_lines(view.changes)),
            "",
        ]
    if flaky := flaky_lines(made.long):
        lines += [
            "## Flaky cells",
            "",
            *_markdown_head(*FLAKY_COLUMNS),
            *(_markdown_row(*row) for row in flaky),
            "",
        ]
    return "\n".join(lines[:-1]) + "\n"


def headline(made: Tables, case: str = "interleaved_dense") -> str:
    """The history of one case as a Markdown table, for the first screen of the README."""
    rows = [
        _markdown_row(line.formats, "; ".join(line.spans), limit=None)
        for line in history_lines(made.natural["keras"].frame)
        if line.case == case
    ]
    return "\n".join([*_markdown_head("formats", "history"), *rows]) + "\n"


def with_headline(readme: str, made: Tables) -> str:
    """The README with its table made anew between the two marks.

    Raises:
        Fault: it lacks a mark.
    """
    before, mark, rest = readme.partition("<!-- headline -->\n")
    _, end, after = rest.partition("<!-- /headline -->")
    if not (mark and end):
        raise Fault("README.md lacks the marks <!-- headline --> and <!-- /headline -->")
    return before + mark + headline(made) + end + after


def _markdown_head(*columns: str) -> list[str]:
    return ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]


def _markdown_row(*texts: str, limit: int | None = LONGEST_TEXT) -> str:
    return "| " + " | ".join(_cell_text(text, limit) for text in texts) + " |"


def _cell_text(text: str, limit: int | None) -> str:
    """Untrusted text as the cell of a Markdown table: one line, no markup, not too long."""
    flat = " ".join(plain(text).split())
    if limit is not None:
        flat = shortened(flat, limit)
    for character in "\\|`*_[]":
        flat = flat.replace(character, "\\" + character)
    return escape(flat, quote=False)
